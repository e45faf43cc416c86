/**
 * Hookdeck: its webhooks.
 *
 * @since 0.1.0
 */
export * as HookdeckWebhook from "./HookdeckWebhook.ts"
