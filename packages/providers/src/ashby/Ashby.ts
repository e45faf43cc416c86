/**
 * Ashby: its webhooks.
 *
 * @since 0.1.0
 */
export * as AshbyWebhook from "./AshbyWebhook.ts"
