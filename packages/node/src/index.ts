export * as Sqlite from "./Sqlite.ts"
export * as Transport from "./Transport.ts"
