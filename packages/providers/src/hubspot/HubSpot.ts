/**
 * HubSpot: its webhooks.
 *
 * @since 0.1.0
 */
export * as HubSpotWebhook from "./HubSpotWebhook.ts"
