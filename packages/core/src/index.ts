export * from "./auth/index.ts"
export * from "./client/index.ts"
export * from "./policy/index.ts"
export * from "./webhook/index.ts"
