/**
 * QuickBooks: its webhooks.
 *
 * @since 0.1.0
 */
export * as QuickBooksWebhook from "./QuickBooksWebhook.ts"
