/**
 * LINE: its webhooks.
 *
 * @since 0.1.0
 */
export * as LineWebhook from "./LineWebhook.ts"
