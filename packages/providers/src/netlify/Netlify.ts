/**
 * Netlify: its webhooks.
 *
 * @since 0.1.0
 */
export * as NetlifyWebhook from "./NetlifyWebhook.ts"
