/**
 * Gogs: its webhooks.
 *
 * @since 0.1.0
 */
export * as GogsWebhook from "./GogsWebhook.ts"
