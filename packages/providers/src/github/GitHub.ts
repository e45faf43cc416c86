export * as GitHubWebhook from "./GitHubWebhook.ts"
