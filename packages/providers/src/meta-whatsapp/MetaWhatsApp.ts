/**
 * Meta's Graph API: WhatsApp, Messenger, Instagram: its webhooks.
 *
 * @since 0.1.0
 */
export * as MetaWhatsAppWebhook from "./MetaWhatsAppWebhook.ts"
