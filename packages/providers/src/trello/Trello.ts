/**
 * Trello: its webhooks.
 *
 * @since 0.1.0
 */
export * as TrelloWebhook from "./TrelloWebhook.ts"
