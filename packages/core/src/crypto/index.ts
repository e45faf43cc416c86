export * as BoundedBody from "./BoundedBody.ts"
