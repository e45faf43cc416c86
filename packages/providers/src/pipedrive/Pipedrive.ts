/**
 * Pipedrive: its webhooks.
 *
 * @since 0.1.0
 */
export * as PipedriveWebhook from "./PipedriveWebhook.ts"
