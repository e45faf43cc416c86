/**
 * Azure DevOps: its webhooks.
 *
 * @since 0.1.0
 */
export * as AzureDevOpsWebhook from "./AzureDevOpsWebhook.ts"
