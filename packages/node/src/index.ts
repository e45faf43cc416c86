export * as Sqlite from "./Sqlite.ts"
export * as Transport from "./Transport.ts"
export * as WebhookListener from "./WebhookListener.ts"
