/**
 * Render: its webhooks.
 *
 * @since 0.1.0
 */
export * as RenderWebhook from "./RenderWebhook.ts"
