/**
 * Amazon SNS: its webhooks.
 *
 * @since 0.1.0
 */
export * as AwsSnsWebhook from "./AwsSnsWebhook.ts"
