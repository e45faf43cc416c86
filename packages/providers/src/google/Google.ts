/**
 * Google: its service accounts.
 *
 * @since 0.1.0
 */
export * as GoogleAuth from "./GoogleAuth.ts"
