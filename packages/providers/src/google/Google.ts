/**
 * Google: its service accounts and its webhooks.
 *
 * @since 0.1.0
 */
export * as GoogleAuth from "./GoogleAuth.ts"
export * as GoogleChannelsWebhook from "./GoogleChannelsWebhook.ts"
export * as GooglePubSubWebhook from "./GooglePubSubWebhook.ts"
