/**
 * Asana: its webhooks.
 *
 * @since 0.1.0
 */
export * as AsanaWebhook from "./AsanaWebhook.ts"
