/**
 * Mailgun: its webhooks.
 *
 * @since 0.1.0
 */
export * as MailgunWebhook from "./MailgunWebhook.ts"
