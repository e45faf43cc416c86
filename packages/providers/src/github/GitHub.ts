export * as GitHubApi from "./GitHubApi.ts"
export * as GitHubWebhook from "./GitHubWebhook.ts"
