/**
 * Adobe Acrobat Sign: its webhooks.
 *
 * @since 0.1.0
 */
export * as AdobeSignWebhook from "./AdobeSignWebhook.ts"
