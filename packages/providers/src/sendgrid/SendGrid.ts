/**
 * SendGrid Event Webhook: its webhooks.
 *
 * @since 0.1.0
 */
export * as SendGridWebhook from "./SendGridWebhook.ts"
