/**
 * Box: its webhooks.
 *
 * @since 0.1.0
 */
export * as BoxWebhook from "./BoxWebhook.ts"
