/**
 * Deepgram: its webhooks.
 *
 * @since 0.1.0
 */
export * as DeepgramWebhook from "./DeepgramWebhook.ts"
