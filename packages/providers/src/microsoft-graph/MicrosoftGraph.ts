/**
 * Microsoft Graph: its change notifications.
 *
 * @since 0.1.0
 */
export * as MicrosoftGraphWebhook from "./MicrosoftGraphWebhook.ts"
