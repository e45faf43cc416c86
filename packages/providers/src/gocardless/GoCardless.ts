/**
 * GoCardless: its webhooks.
 *
 * @since 0.1.0
 */
export * as GoCardlessWebhook from "./GoCardlessWebhook.ts"
