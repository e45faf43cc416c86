/**
 * Airwallex: its webhooks.
 *
 * @since 0.1.0
 */
export * as AirwallexWebhook from "./AirwallexWebhook.ts"
