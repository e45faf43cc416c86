/**
 * SendGrid: its webhooks, of events and of inbound email.
 *
 * @since 0.1.0
 */
export * as SendGridWebhook from "./SendGridWebhook.ts"
