export * as AddressGuard from "./AddressGuard.ts"
export * as BoundedBody from "./BoundedBody.ts"
export * as Charset from "./Charset.ts"
export * as Json from "./Json.ts"
