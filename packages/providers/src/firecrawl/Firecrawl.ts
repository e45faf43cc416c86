/**
 * Firecrawl: its webhooks.
 *
 * @since 0.1.0
 */
export * as FirecrawlWebhook from "./FirecrawlWebhook.ts"
