/**
 * Langfuse: its webhooks.
 *
 * @since 0.1.0
 */
export * as LangfuseWebhook from "./LangfuseWebhook.ts"
