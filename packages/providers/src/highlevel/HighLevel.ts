/**
 * HighLevel: its webhooks.
 *
 * @since 0.1.0
 */
export * as HighLevelWebhook from "./HighLevelWebhook.ts"
