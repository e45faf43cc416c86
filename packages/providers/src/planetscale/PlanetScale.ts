/**
 * PlanetScale: its webhooks.
 *
 * @since 0.1.0
 */
export * as PlanetScaleWebhook from "./PlanetScaleWebhook.ts"
