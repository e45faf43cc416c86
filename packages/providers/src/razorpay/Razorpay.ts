/**
 * Razorpay: its webhooks.
 *
 * @since 0.1.0
 */
export * as RazorpayWebhook from "./RazorpayWebhook.ts"
