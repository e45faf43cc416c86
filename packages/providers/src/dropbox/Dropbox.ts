/**
 * Dropbox: its webhooks.
 *
 * @since 0.1.0
 */
export * as DropboxWebhook from "./DropboxWebhook.ts"
