export { GitHub } from "./GitHubApi.ts"
export * as GitHubApi from "./GitHubApi.ts"
export * as GitHubAuth from "./GitHubAuth.ts"
export * as GitHubWebhook from "./GitHubWebhook.ts"
