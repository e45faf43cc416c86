/**
 * Notion: its webhooks.
 *
 * @since 0.1.0
 */
export * as NotionWebhook from "./NotionWebhook.ts"
