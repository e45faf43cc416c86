/**
 * Microsoft Teams: its webhooks.
 *
 * @since 0.1.0
 */
export * as MicrosoftTeamsWebhook from "./MicrosoftTeamsWebhook.ts"
