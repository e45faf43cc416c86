/**
 * WorkOS: its webhooks.
 *
 * @since 0.1.0
 */
export * as WorkOSWebhook from "./WorkOSWebhook.ts"
