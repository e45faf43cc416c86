/**
 * Clerk: its webhooks.
 *
 * @since 0.1.0
 */
export * as ClerkWebhook from "./ClerkWebhook.ts"
