/**
 * Vercel: its webhooks.
 *
 * @since 0.1.0
 */
export * as VercelWebhook from "./VercelWebhook.ts"
