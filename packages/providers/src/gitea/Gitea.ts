/**
 * Gitea: its webhooks.
 *
 * @since 0.1.0
 */
export * as GiteaWebhook from "./GiteaWebhook.ts"
