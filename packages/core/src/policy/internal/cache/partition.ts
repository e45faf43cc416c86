/** Identifies the caller of a request: one rule for the cache of an integration, `Cache.withCache` and coalescing. */
import { type Names, type Parts, partyHeaders, secretsOfUrl } from "../identity.ts"
import { sha256 } from "./sha256.ts"

/**
 * The input of {@link partitionOf}: a request (its headers by name in lower case, its URL), and its scope, identity and
 * secret names.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asker extends Parts {
  /** The integration and the tenant. Default: none. */
  readonly scope?: string
  /** What identifies the credentials that an integration adds later. Default: none. */
  readonly identity?: ReadonlyArray<string>
  /** Further names of secret headers and query parameters, such as Effect's `CurrentRedactedNames`. */
  readonly redactedNames?: Names
}

/**
 * Identifies the caller without containing a secret: a digest of the scope, the identity, the credentials in the headers and
 * the URL, and the headers that choose an account, such as `stripe-account`. It is empty without any of these.
 * The cache of an integration, `Cache.withCache` and coalescing share an answer within one partition only.
 *
 * @since 0.1.0
 * @category deciding
 */
export const partitionOf = (asker: Asker): string => {
  const { headers, identity = [], redactedNames, scope = "" } = asker
  const given = [...partyHeaders(headers, redactedNames), ...secretsOfUrl(asker, redactedNames)]
  const isAnonymous = scope === "" && identity.length === 0 && given.length === 0
  return isAnonymous ? "" : sha256(JSON.stringify([scope, identity, given]))
}
