/**
 * monday.com: its webhooks.
 *
 * @since 0.1.0
 */
export * as MondayWebhook from "./MondayWebhook.ts"
