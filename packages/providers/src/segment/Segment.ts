/**
 * Segment: its webhooks.
 *
 * @since 0.1.0
 */
export * as SegmentWebhook from "./SegmentWebhook.ts"
