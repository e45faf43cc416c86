/**
 * Veriff: its webhooks.
 *
 * @since 0.1.0
 */
export * as VeriffWebhook from "./VeriffWebhook.ts"
