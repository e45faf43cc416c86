/**
 * The transport: an `HttpClient` over undici, with a connection pool of its own.
 *
 * **When to use**
 *
 * On Node. Elsewhere, any `HttpClient` Layer does, such as `FetchHttpClient.layer`.
 *
 * **Details**
 *
 * The pool is closed with the Layer's scope. Redirects are not followed.
 *
 * **Gotchas**
 *
 * `connections` is per origin: a provider behind several hosts gets as many for each.
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
 * @since 0.1.0
 */
import { InvalidOption } from "@causeway/core/policy"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { type Duration, Layer } from "effect"
import type * as HttpClient from "effect/http/HttpClient"

/**
 * Options of {@link layerWith}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The most connections to one origin. Default: 64. */
  readonly connections?: number
  /** The longest that connecting takes. Default: 10 seconds. */
  readonly connectTimeout?: Duration.Input
  /** How long an idle connection is kept. Default: 4 seconds, as undici's. */
  readonly keepAliveTimeout?: Duration.Input
}

/**
 * The transport with options of your own; a nonsense one throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWith = (options: Options): Layer.Layer<HttpClient.HttpClient> =>
  NodeHttpClient.layerUndiciNoDispatcher.pipe(
    Layer.provide(
      NodeHttpClient.layerDispatcherOptions({
        connections: InvalidOption.integer("transport.connections", options.connections ?? 64, 1),
        connect: {
          timeout: InvalidOption.positiveMillis("transport.connectTimeout", options.connectTimeout ?? 10_000)
        },
        keepAliveTimeout: InvalidOption.positiveMillis("transport.keepAliveTimeout", options.keepAliveTimeout ?? 4_000)
      })
    )
  )

/**
 * The transport with its defaults.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = layerWith({})
