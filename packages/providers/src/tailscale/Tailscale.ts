/**
 * Tailscale: its webhooks.
 *
 * @since 0.1.0
 */
export * as TailscaleWebhook from "./TailscaleWebhook.ts"
