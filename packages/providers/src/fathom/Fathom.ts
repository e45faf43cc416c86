/**
 * Fathom: its webhooks.
 *
 * @since 0.1.0
 */
export * as FathomWebhook from "./FathomWebhook.ts"
