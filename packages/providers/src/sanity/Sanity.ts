/**
 * Sanity: its webhooks.
 *
 * @since 0.1.0
 */
export * as SanityWebhook from "./SanityWebhook.ts"
