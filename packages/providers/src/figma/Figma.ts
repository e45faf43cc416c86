/**
 * Figma: its webhooks.
 *
 * @since 0.1.0
 */
export * as FigmaWebhook from "./FigmaWebhook.ts"
