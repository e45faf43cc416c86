/** Who is asking: the one rule of the cache of an integration, of `Cache.withCache` and of coalescing. */
import { type Names, type Parts, partyHeaders, secretsOfUrl } from "../identity.ts"
import { sha256 } from "./sha256.ts"

/**
 * Who asks, as {@link partitionOf} reads it: a request (its headers by name in lower case, its URL), and what is known
 * beside it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asker extends Parts {
  /** The integration and the tenant. Default: none. */
  readonly scope?: string
  /** What identifies the credentials that an integration adds later. Default: none. */
  readonly identity?: ReadonlyArray<string>
  /** Headers and query parameters that are secret beside the known ones, such as Effect's `CurrentRedactedNames`. */
  readonly redactedNames?: Names
}

/**
 * Names who is asking without holding a secret: a digest of the scope, the identity, the credentials in the headers and
 * the URL, and the headers that choose an account, such as `stripe-account`. It is empty when there are none of these.
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
