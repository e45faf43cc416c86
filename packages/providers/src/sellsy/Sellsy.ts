/**
 * Sellsy: its webhooks.
 *
 * @since 0.1.0
 */
export * as SellsyWebhook from "./SellsyWebhook.ts"
