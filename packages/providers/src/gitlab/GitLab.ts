/**
 * GitLab: its webhooks.
 *
 * @since 0.1.0
 */
export * as GitLabWebhook from "./GitLabWebhook.ts"
