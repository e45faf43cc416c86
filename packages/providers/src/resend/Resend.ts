/**
 * Resend: its webhooks.
 *
 * @since 0.1.0
 */
export * as ResendWebhook from "./ResendWebhook.ts"
