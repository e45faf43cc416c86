/**
 * EasyPost: its webhooks.
 *
 * @since 0.1.0
 */
export * as EasyPostWebhook from "./EasyPostWebhook.ts"
