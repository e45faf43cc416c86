/**
 * FusionAuth: its webhooks.
 *
 * @since 0.1.0
 */
export * as FusionAuthWebhook from "./FusionAuthWebhook.ts"
