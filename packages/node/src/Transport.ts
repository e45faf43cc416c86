/**
 * The transport: an `HttpClient` over undici, with a connection pool of its own.
 *
 * **When to use**
 *
 * On Node. Elsewhere, any `HttpClient` Layer does, such as `FetchHttpClient.layer`.
 *
 * **Details**
 *
 * A body is read ahead up to `bufferBytes`, so that a small one has come when its response is given; from there on it
 * comes no faster than somebody reads. A body within that bound can be read any number of times, a larger one once.
 *
 * A request is aborted when its fibre is interrupted, before the response and while a body is read. Of a body that is
 * not read to its end, at most `discardBytes` are read and dropped, so that the connection can be used again; more is
 * aborted. A response that nobody can read any more is treated likewise once it is collected as garbage.
 *
 * Redirects are not followed unless `followRedirects` says so. To another origin go no body and no header that says who
 * asks, and from `https` to `http` goes nothing: such a redirect is the response.
 *
 * Bodies in gzip, deflate, br and zstd are decoded as they are read. A request without `accept-encoding` is sent with
 * `gzip, br`; one with `range`, or that accepts `text/event-stream`, with `identity`.
 *
 * Requests in `AddressGuard.publicOnly` connect to public addresses alone, over a separate pool of connections: the addresses
 * that the resolver returns are checked, and the socket connects to these. One that is refused fails before anything is sent,
 * with the code `ERR_FORBIDDEN_ADDRESS`.
 *
 * Requests are traced as those of any `HttpClient`. Where `HttpClient.TracerDisabledWhen` says no, tracing costs nothing.
 * The pool is closed with the Layer's scope, and whatever is still in flight fails.
 *
 * **Gotchas**
 *
 * `connections` is per origin: a provider behind several hosts gets as many for each. Timeouts of more than a second have
 * a resolution of about half a second. A response of more than `bufferBytes` that is kept and never read keeps its
 * connection.
 *
 * With a proxy, or with a custom dispatcher ({@link make}, {@link layerDispatcher}), `AddressGuard.publicOnly` checks only
 * the host that is written in a URL: the proxy or the dispatcher resolves its name.
 *
 * **Example** (At most 32 connections to an origin)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Transport } from "@causeway/node"
 *
 * const transport = Transport.layerWith({ connections: 32, connectTimeout: "3 seconds" })
 * console.assert(Layer.isLayer(transport))
 * ```
 *
 * @see https://undici.nodejs.org/#/docs/api/Dispatcher
 * @since 0.1.0
 */
import { InvalidOption, OptionCheck } from "@causeway/core/policy"
import { Duration, Effect, Layer, type Redacted } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import type { LookupFunction } from "node:net"
import type { Dispatcher } from "undici"
import * as Client from "./internal/transport/Client.ts"
import * as Pool from "./internal/transport/Pool.ts"

/**
 * Options of {@link make} and {@link layerDispatcher}: how requests are sent, whatever the dispatcher.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestOptions {
  /** The longest wait for the headers of a response, `"Infinity"` for any. Default: 5 minutes. */
  readonly headersTimeout?: Duration.Input
  /** The longest silence within the body of a response, `"Infinity"` for any. Default: 5 minutes. */
  readonly bodyTimeout?: Duration.Input
  /** How many redirects are followed; the last one is the response. Default: 0. */
  readonly followRedirects?: number
  /** Bytes of a body that are read ahead of its reader, and kept for a second reading. Default: 64 KiB. */
  readonly bufferBytes?: number
  /** Bytes that are read of a body that nobody wants, to keep its connection. Default: 64 KiB. */
  readonly discardBytes?: number
}

/**
 * How connections are secured, and who we are on them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tls {
  /** Certificates in PEM of those who are trusted. Default: those that come with Node. */
  readonly ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array>
  /** Our own certificate in PEM, for servers that ask who we are; needs `key`. */
  readonly cert?: string | Uint8Array
  /** The private key of `cert` in PEM. */
  readonly key?: Redacted.Redacted<string | Uint8Array>
  /** What `key` is encrypted with. */
  readonly passphrase?: Redacted.Redacted<string>
  /** The name that the server's certificate must have. Default: the host of the URL. */
  readonly servername?: string
  /** Accepts any certificate, whoever made it: for tests, never for a network. Default: false. */
  readonly allowUntrustedCertificates?: boolean
}

/**
 * Options of {@link layerWith}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends RequestOptions {
  /** The most connections to one origin. Default: 64. */
  readonly connections?: number
  /** The longest that connecting takes. Default: 10 seconds. */
  readonly connectTimeout?: Duration.Input
  /** How long an idle connection is kept, unless the server says how long. Default: 4 seconds, as undici's. */
  readonly keepAliveTimeout?: Duration.Input
  /** Requests that are sent on one connection before the first is answered; 1 for HTTP/1.1 as it is safe. Default: 1. */
  readonly pipelining?: number
  /** Whether HTTP/2 is used over TLS with servers that choose it. Default: true. */
  readonly http2?: boolean
  /**
   * The URL of a proxy (`http:`, `https:` or `socks5:`), with its user and password if it requires them; `"environment"` to
   * read `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` when the Layer is built. Default: no proxy; the environment
   * is ignored.
   */
  readonly proxy?: string | Redacted.Redacted<string>
  /** How connections are secured, also the one to a proxy of `https:`. */
  readonly tls?: Tls
  /** Resolves the names of servers and proxies, as `dns.lookup` does. Default: `dns.lookup`. */
  readonly lookup?: LookupFunction
}

const patience = OptionCheck.either(isForEver, OptionCheck.anything, OptionCheck.positiveDuration)

const requestShape: OptionCheck.Shape<RequestOptions> = {
  headersTimeout: patience,
  bodyTimeout: patience,
  followRedirects: OptionCheck.integer(0),
  bufferBytes: OptionCheck.integer(1),
  discardBytes: OptionCheck.integer(0)
}

const checkRequests = OptionCheck.record(requestShape)

const checkOptions = OptionCheck.record<Options>({
  ...requestShape,
  connections: OptionCheck.integer(1),
  connectTimeout: OptionCheck.positiveDuration,
  keepAliveTimeout: OptionCheck.positiveDuration,
  pipelining: OptionCheck.integer(1),
  http2: OptionCheck.flag,
  proxy: Pool.checkProxy,
  tls: Pool.checkTls,
  lookup: OptionCheck.callback
})

const checkDispatcher = OptionCheck.satisfies(
  "a dispatcher of undici",
  (value) => typeof Object(value).dispatch === "function"
)

/**
 * A transport over a dispatcher of undici, such as an `Agent` or a `MockAgent`, which stays the caller's to close. A
 * nonsense option throws `InvalidOption`. Timeouts that are left out are the dispatcher's.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Dispatcher, options: RequestOptions = {}): HttpClient.HttpClient => {
  checkDispatcher("transport.dispatcher", dispatcher)
  checkRequests("transport", options)
  return Client.make({ open: dispatcher, publicOnly: dispatcher }, requestSettings(options))
}

/**
 * The transport over a dispatcher of undici, which stays the caller's to close; a nonsense option throws
 * `InvalidOption`. Timeouts that are left out are the dispatcher's.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDispatcher = (
  dispatcher: Dispatcher,
  options: RequestOptions = {}
): Layer.Layer<HttpClient.HttpClient> => Layer.succeed(HttpClient.HttpClient, make(dispatcher, options))

/**
 * The transport with options of your own; a nonsense one throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<HttpClient.HttpClient> => {
  checkOptions("transport", options)
  const pool = poolSettings(options)
  const settings = requestSettings({ headersTimeout: "5 minutes", bodyTimeout: "5 minutes", ...options })
  return Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => Pool.make(pool)),
        ({ open, publicOnly }) => Effect.promise(() => Promise.all([open.destroy(), publicOnly.destroy()]))
      ),
      (dispatchers) => Client.make(dispatchers, settings)
    )
  )
}

/**
 * The transport with its defaults.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.suspend(() => layerWith({}))

const kibibyte = 1024

const requestSettings = (options: RequestOptions): Client.Settings => ({
  headersTimeout: timeout("transport.headersTimeout", options.headersTimeout),
  bodyTimeout: timeout("transport.bodyTimeout", options.bodyTimeout),
  followRedirects: options.followRedirects ?? 0,
  buffer: options.bufferBytes ?? 64 * kibibyte,
  discard: options.discardBytes ?? 64 * kibibyte
})

const poolSettings = (options: Options): Pool.Settings => ({
  connections: options.connections ?? 64,
  pipelining: options.pipelining ?? 1,
  http2: options.http2 ?? true,
  connectTimeout: InvalidOption.positiveMillis("transport.connectTimeout", options.connectTimeout ?? "10 seconds"),
  keepAliveTimeout: InvalidOption.positiveMillis("transport.keepAliveTimeout", options.keepAliveTimeout ?? "4 seconds"),
  proxy: options.proxy === undefined ? undefined : Pool.proxyUrl(options.proxy),
  tls: options.tls === undefined ? undefined : Pool.tlsSettings(options.tls),
  lookup: options.lookup
})

/** undici's 0 is for ever. */
const timeout = (option: string, value: Duration.Input | undefined): number | null => {
  if (value === undefined) return null
  return isForEver(value) ? 0 : InvalidOption.positiveMillis(option, value)
}

function isForEver(value: unknown): boolean {
  return value === "Infinity" || value === Number.POSITIVE_INFINITY || isInfiniteDuration(value)
}

const isInfiniteDuration = (value: unknown): boolean =>
  Duration.isDuration(value) && Duration.toMillis(value) === Number.POSITIVE_INFINITY
