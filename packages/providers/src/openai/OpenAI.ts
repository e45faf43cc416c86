/**
 * OpenAI: its webhooks.
 *
 * @since 0.1.0
 */
export * as OpenAIWebhook from "./OpenAIWebhook.ts"
