export * as Browser from "./Browser.ts"
export * as Loopback from "./Loopback.ts"
export * as Sqlite from "./Sqlite.ts"
export * as Transport from "./Transport.ts"
