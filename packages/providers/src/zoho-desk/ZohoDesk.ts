/**
 * Zoho Desk: its webhooks.
 *
 * @since 0.1.0
 */
export * as ZohoDeskWebhook from "./ZohoDeskWebhook.ts"
