/**
 * Linq: its webhooks.
 *
 * @since 0.1.0
 */
export * as LinqWebhook from "./LinqWebhook.ts"
