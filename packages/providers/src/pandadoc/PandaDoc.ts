/**
 * PandaDoc: its webhooks.
 *
 * @since 0.1.0
 */
export * as PandaDocWebhook from "./PandaDocWebhook.ts"
