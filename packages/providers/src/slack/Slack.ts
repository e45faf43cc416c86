/**
 * Slack: its tokens, the refusals of its API, and its webhooks.
 *
 * @since 0.1.0
 */
export * as SlackApi from "./SlackApi.ts"
export * as SlackAuth from "./SlackAuth.ts"
export * as SlackWebhook from "./SlackWebhook.ts"
