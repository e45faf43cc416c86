/**
 * Supabase: its webhooks.
 *
 * @since 0.1.0
 */
export * as SupabaseWebhook from "./SupabaseWebhook.ts"
