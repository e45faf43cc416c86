/**
 * Okta event hooks: its webhooks.
 *
 * @since 0.1.0
 */
export * as OktaWebhook from "./OktaWebhook.ts"
