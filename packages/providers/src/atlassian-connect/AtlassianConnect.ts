/**
 * Atlassian Connect: its webhooks.
 *
 * @since 0.1.0
 */
export * as AtlassianConnectWebhook from "./AtlassianConnectWebhook.ts"
