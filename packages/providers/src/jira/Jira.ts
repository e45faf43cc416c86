/**
 * Jira: its webhooks.
 *
 * @since 0.1.0
 */
export * as JiraWebhook from "./JiraWebhook.ts"
