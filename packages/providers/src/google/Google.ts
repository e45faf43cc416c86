/**
 * Google: its service accounts and its webhooks.
 *
 * @since 0.1.0
 */
export * as GoogleAuth from "./GoogleAuth.ts"
export * as GoogleWebhook from "./GoogleWebhook.ts"
