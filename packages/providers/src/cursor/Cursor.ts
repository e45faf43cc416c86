/**
 * Cursor: its webhooks.
 *
 * @since 0.1.0
 */
export * as CursorWebhook from "./CursorWebhook.ts"
