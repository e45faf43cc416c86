/**
 * Postmark: its webhooks.
 *
 * @since 0.1.0
 */
export * as PostmarkWebhook from "./PostmarkWebhook.ts"
