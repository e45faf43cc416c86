/**
 * The providers, one module each, and their signature schemes by id.
 *
 * @since 0.1.0
 */
import type { SignatureScheme } from "@causeway/core/webhook"
import { scheme as github } from "./github/GitHubWebhook.ts"
import { eventsScheme as shopifyEvents, scheme as shopify } from "./shopify/ShopifyWebhook.ts"
import { scheme as slack } from "./slack/SlackWebhook.ts"
import { scheme as standardWebhooks, svixScheme as svix } from "./standard-webhooks/StandardWebhooksWebhook.ts"
import { scheme as stripe } from "./stripe/StripeWebhook.ts"

export * from "./github/GitHub.ts"
export * from "./shopify/Shopify.ts"
export * from "./slack/Slack.ts"
export * from "./standard-webhooks/StandardWebhooks.ts"
export * from "./stripe/Stripe.ts"

/**
 * The signature schemes by their `id`.
 *
 * @since 0.1.0
 * @category schemes
 */
export const schemes = {
  github,
  stripe,
  slack,
  shopify,
  "shopify-events": shopifyEvents,
  "standard-webhooks": standardWebhooks,
  svix
} as const satisfies Readonly<Record<string, SignatureScheme.SignatureScheme>>
