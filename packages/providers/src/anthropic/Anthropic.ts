/**
 * Anthropic: its webhooks.
 *
 * @since 0.1.0
 */
export * as AnthropicWebhook from "./AnthropicWebhook.ts"
