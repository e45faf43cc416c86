/**
 * Trigger.dev: its webhooks.
 *
 * @since 0.1.0
 */
export * as TriggerDevWebhook from "./TriggerDevWebhook.ts"
