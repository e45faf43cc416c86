/**
 * PostHog: its webhooks.
 *
 * @since 0.1.0
 */
export * as PostHogWebhook from "./PostHogWebhook.ts"
