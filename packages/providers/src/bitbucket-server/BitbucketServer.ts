/**
 * Bitbucket Data Center: its webhooks.
 *
 * @since 0.1.0
 */
export * as BitbucketServerWebhook from "./BitbucketServerWebhook.ts"
