/**
 * Cloudinary: its webhooks.
 *
 * @since 0.1.0
 */
export * as CloudinaryWebhook from "./CloudinaryWebhook.ts"
