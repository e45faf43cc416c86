/**
 * ElevenLabs: its webhooks.
 *
 * @since 0.1.0
 */
export * as ElevenLabsWebhook from "./ElevenLabsWebhook.ts"
