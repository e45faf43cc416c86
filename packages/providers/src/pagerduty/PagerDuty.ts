/**
 * PagerDuty: its webhooks.
 *
 * @since 0.1.0
 */
export * as PagerDutyWebhook from "./PagerDutyWebhook.ts"
