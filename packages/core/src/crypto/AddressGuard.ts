/**
 * Keeps requests to URLs that a third party has chosen away from this machine and its private networks.
 *
 * **When to use**
 *
 * Before a URL is requested that came from outside: an endpoint in a discovery document, a key set, a certificate, the URL that
 * confirms a subscription, the endpoint of somebody who subscribes to events. Call {@link check} with the URL, and run the
 * request in {@link publicOnly}.
 *
 * **Details**
 *
 * {@link check} judges what is written in the URL: addresses in every form that a URL parser accepts (`0x7f.1`, `127.1`,
 * `[::ffff:7f00:1]`), and names that belong to a local network (`localhost`, `*.internal`, `*.local`, names without a dot).
 * Refused is every range that the special-purpose registries of IANA do not call globally reachable.
 *
 * {@link publicOnly} is for names that resolve to such an address. The transport for Node reads it when it connects: it checks
 * the addresses that the resolver returns and connects to these, so a second answer of the resolver (DNS rebinding) changes
 * nothing. Such requests have their own connections.
 *
 * **Gotchas**
 *
 * Any other `HttpClient` ignores {@link publicOnly}, and so does a transport over a dispatcher of the caller's
 * (`Transport.layerDispatcher`): there only what is written in the URL is checked. Through a proxy, the proxy resolves names
 * and must do this check itself.
 *
 * **Example** (A URL from a discovery document)
 *
 * ```ts
 * import { AddressGuard } from "@causeway/core/crypto"
 * import { Result } from "effect"
 *
 * const refused = AddressGuard.check("http://169.254.169.254/latest/meta-data")
 * console.assert(Result.isFailure(refused) && refused.failure.kind === "link-local")
 * console.assert(Result.isSuccess(AddressGuard.check("https://login.example.com/token")))
 * ```
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 * @since 0.1.0
 */
import { Context, Data, Effect, Result } from "effect"
import { parse } from "./internal/ipAddress.ts"
import { type Kind, kindOfAddress, kindOfName } from "./internal/specialAddresses.ts"

export type {
  /**
   * What an address is for, if it is not one of the public internet.
   *
   * @since 0.1.0
   * @category models
   */
  Kind
} from "./internal/specialAddresses.ts"

/**
 * The `code` of {@link ForbiddenAddress}, as `Exchange.Broken` has it.
 *
 * @since 0.1.0
 * @category errors
 */
export const errorCode = "ERR_FORBIDDEN_ADDRESS"

/**
 * A host that must not be requested: its URL or its resolved address belongs to this machine or to a private network.
 *
 * @since 0.1.0
 * @category errors
 */
export class ForbiddenAddress extends Data.TaggedError("ForbiddenAddress")<{
  /** The host of the URL. */
  readonly host: string
  /** What the host resolved to; undefined when the host itself is refused. */
  readonly address: string | undefined
  /** What the address is for. */
  readonly kind: Kind | "not a host"
}> {
  readonly code = errorCode

  override get message(): string {
    const { address, host, kind } = this
    const what = address === undefined ? `the host ${host}` : `the host ${host} resolves to ${address}, which`
    return `${what} is not on the public internet (${kind}); allowPrivateNetworks permits it`
  }
}

/**
 * Options of {@link check}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Whether the URL may be on this machine, as in development. Default: false. */
  readonly allowLoopback?: boolean | undefined
  /** Whether the URL may be anywhere, which turns the check off. Default: false. */
  readonly allowPrivateNetworks?: boolean | undefined
}

/**
 * What an IP address or a host name is for; undefined for a public address, and for a name that only a resolver can judge.
 *
 * @since 0.1.0
 * @category getters
 */
export const kindOf = (host: string): Kind | undefined => {
  const address = parse(host)
  return address === undefined ? kindOfName(host) : kindOfAddress(address)
}

/**
 * Whether a URL names this very machine: by a loopback address, or as `localhost`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-8.3
 * @since 0.1.0
 * @category guards
 */
export const isLoopback = ({ hostname }: URL): boolean =>
  /^localhost\.?$/.test(hostname) || (parse(hostname) !== undefined && kindOf(hostname) === "loopback")

/**
 * Checks the host that is written in a URL, without resolving it. Fails with {@link ForbiddenAddress}.
 *
 * @since 0.1.0
 * @category checks
 */
export const check = (url: string | URL, options: Options = {}): Result.Result<URL, ForbiddenAddress> => {
  const parsed = typeof url === "string" ? URL.parse(url) : url
  const host = (parsed?.hostname ?? "").slice(0, 255)
  if (parsed === null || host === "") {
    return Result.fail(new ForbiddenAddress({ host: JSON.stringify(host), address: undefined, kind: "not a host" }))
  }
  const kind = kindOf(host)
  return kind === undefined || isAllowed(kind, options)
    ? Result.succeed(parsed)
    : Result.fail(new ForbiddenAddress({ host, address: undefined, kind }))
}

const isAllowed = (kind: Kind, { allowLoopback, allowPrivateNetworks }: Options): boolean =>
  allowPrivateNetworks === true || (kind === "loopback" && allowLoopback === true)

/**
 * Checks the addresses that a host resolved to, where a client connects. One that is not public refuses them all: a mixed
 * answer is how a name is made to lead inside.
 *
 * @since 0.1.0
 * @category checks
 */
export const checkResolved = (
  host: string,
  addresses: ReadonlyArray<string>
): Result.Result<ReadonlyArray<string>, ForbiddenAddress> => {
  for (const address of addresses) {
    const parsed = parse(address)
    const kind = parsed === undefined ? "not a host" : kindOfAddress(parsed)
    if (kind !== undefined) return Result.fail(new ForbiddenAddress({ host, address, kind }))
  }
  return Result.succeed(addresses)
}

/**
 * Whether the requests of a fiber may connect to public addresses alone. Default: false. {@link publicOnly} sets it; a
 * client reads it.
 *
 * @since 0.1.0
 * @category references
 */
export const PublicOnly: Context.Reference<boolean> = Context.Reference<boolean>(
  "causeway/crypto/AddressGuard/PublicOnly",
  { defaultValue: () => false }
)

/**
 * Runs an effect whose requests connect to public addresses alone.
 *
 * @since 0.1.0
 * @category combinators
 */
export const publicOnly = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(self, PublicOnly, true)
