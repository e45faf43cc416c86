/**
 * ConnectWise PSA: its webhooks.
 *
 * @since 0.1.0
 */
export * as ConnectWisePsaWebhook from "./ConnectWisePsaWebhook.ts"
