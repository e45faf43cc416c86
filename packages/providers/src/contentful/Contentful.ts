/**
 * Contentful: its webhooks.
 *
 * @since 0.1.0
 */
export * as ContentfulWebhook from "./ContentfulWebhook.ts"
