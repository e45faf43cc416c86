/**
 * Dropbox Sign: its webhooks.
 *
 * @since 0.1.0
 */
export * as DropboxSignWebhook from "./DropboxSignWebhook.ts"
