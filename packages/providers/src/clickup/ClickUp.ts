/**
 * ClickUp: its webhooks.
 *
 * @since 0.1.0
 */
export * as ClickUpWebhook from "./ClickUpWebhook.ts"
