/**
 * Standard Webhooks, for any provider that follows the specification and for webhooks of your own.
 *
 * @since 0.1.0
 */
export * as StandardWebhooksWebhook from "./StandardWebhooksWebhook.ts"
