/**
 * Sentry: its webhooks.
 *
 * @since 0.1.0
 */
export * as SentryWebhook from "./SentryWebhook.ts"
