/**
 * incident.io: its webhooks.
 *
 * @since 0.1.0
 */
export * as IncidentIoWebhook from "./IncidentIoWebhook.ts"
