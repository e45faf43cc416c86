/**
 * Bitbucket: its webhooks.
 *
 * @since 0.1.0
 */
export * as BitbucketWebhook from "./BitbucketWebhook.ts"
