export * as Auth from "./Auth.ts"
export * as Credentials from "./Credentials.ts"
