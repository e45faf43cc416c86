/**
 * Receives webhooks with `node:http`, by itself or inside of Express and its like.
 *
 * **When to use**
 *
 * {@link toListener} makes a `(request, response)` listener for a server that you have: `createServer(listener)`, or
 * `app.post("/webhooks/:source", listener)` in Express. {@link make} makes it within an Effect program, and {@link serve}
 * starts a server of its own around it. Use `WebhookReceiver.route` where you have an `HttpRouter`.
 *
 * **Details**
 *
 * What is received and how it is answered is the `WebhookReceiver`'s; this reads the request. A body is read under the
 * receiver's cap and within its deadline. What a client goes on sending after a refusal is let pass, up to 16 times the
 * cap, so that it gets its answer and the connection can be used again; then, or when the deadline ends, the connection is
 * closed. Where nothing has to be waited for, a request is answered in the turn in which its last byte came.
 *
 * `source` and `tenant` of Express's `request.params` are used where they are there; else the `path` of the receiver's
 * options finds them in the whole URL. A `Buffer` under `rawBody` or `body`, as `express.raw()` leaves it, is taken for the
 * raw bytes.
 *
 * **Gotchas**
 *
 * - After `express.json()` the raw bytes are gone: requests are answered with 503, and a log line says why. Put the
 *   listener in front of body parsers.
 * - The time for the headers is the server's: `headersTimeout` of `node:http` is a minute by default. {@link serve} sets
 *   it to 10 seconds.
 * - A listener outlives no program: deliveries in flight when it is disposed of are answered first, for up to
 *   `closeTimeout`; new ones go unanswered, so stop the server before. {@link serve} closes connections without a
 *   request at once, because their clients may never send one.
 *
 * **Example** (A listener in a server of one's own)
 *
 * ```ts
 * import { Inbox, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
 * import { WebhookListener } from "@causeway/node"
 * import { Redacted } from "effect"
 * import { once } from "node:events"
 * import { createServer } from "node:http"
 *
 * const receiver = WebhookReceiver.make({
 *   source: "acme",
 *   scheme: SignatureScheme.standardWebhooks,
 *   secrets: Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * })
 *
 * const { dispose, listener } = await WebhookListener.toListener(receiver, Inbox.layerMemory)
 * const server = createServer(listener).listen(0, "127.0.0.1")
 * await once(server, "listening")
 * const address = server.address()
 *
 * if (address !== null && typeof address === "object") {
 *   const response = await fetch(`http://127.0.0.1:${address.port}`, { method: "POST", body: "{}" })
 *   console.assert(response.status === 400) // not signed
 * }
 * server.close()
 * server.closeAllConnections()
 * await dispose()
 * ```
 *
 * @since 0.1.0
 */
import { InvalidOption, OptionCheck } from "@causeway/core/policy"
import { type WebhookError, WebhookReceiver } from "@causeway/core/webhook"
import { type Context, Data, type Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http"
import * as Answering from "./internal/webhook/answering.ts"
import * as Arriving from "./internal/webhook/arriving.ts"
import { Connections } from "./internal/webhook/Connections.ts"

/**
 * Receives one request of `node:http`.
 *
 * @since 0.1.0
 * @category models
 */
export type Listener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Options of {@link make} and {@link toListener}.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListenerOptions {
  /** How long closing waits for the deliveries in flight to be answered. Default: 10 seconds. */
  readonly closeTimeout?: Duration.Input | undefined
}

/**
 * Options of {@link serve}.
 *
 * @since 0.1.0
 * @category options
 */
export interface ServeOptions extends ListenerOptions {
  /** Default: 0, a free one. */
  readonly port?: number | undefined
  /** Default: `"127.0.0.1"`, which nobody else can reach. */
  readonly host?: string | undefined
  /** Of `node:http`. Default: 10 seconds for the headers, 5 seconds more than the receiver's for the whole request. */
  readonly server?: ServerOptions | undefined
}

/**
 * The server can't listen, because its port is taken or not allowed.
 *
 * @since 0.1.0
 * @category errors
 */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly host: string
  readonly port: number
  readonly cause: unknown
}> {
  override get message(): string {
    return `The server can't listen at ${this.host}:${this.port}`
  }
}

/**
 * A listener for as long as the scope lives. Its end waits for the deliveries in flight, for up to `closeTimeout`. Fails when
 * the secrets can't be had or don't fit their scheme. Throws `InvalidOption` for options that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E, R>(
  receiver: WebhookReceiver.Receiver<E, R>,
  options: ListenerOptions = {}
): Effect.Effect<Listener, E | WebhookError.WebhookError, R | Scope.Scope> => {
  checkReceiver("webhookListener.receiver", receiver)
  checkListener("webhookListener", options)
  const closeMillis = closeMillisOf(options)
  return Effect.gen(function* () {
    const desk = yield* deskOf(receiver)
    yield* Effect.addFinalizer(() => within(closeMillis, desk.drain, desk.interrupt))
    return desk.listen
  })
}

const deskOf = <E, R>(
  receiver: WebhookReceiver.Receiver<E, R>
): Effect.Effect<Desk<E, R>, E | WebhookError.WebhookError, R> =>
  Effect.andThen(
    receiver.checkSecrets,
    Effect.contextWith((context: Context.Context<R>) => Effect.sync(() => new Desk(receiver, context)))
  )

/** Closes in order, or by force when that takes too long. */
const within = (millis: number, orderly: Effect.Effect<void>, force: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.timeoutOrElse(orderly, { duration: millis, orElse: () => force })

const closeMillisOf = ({ closeTimeout }: ListenerOptions): number =>
  InvalidOption.finiteMillis("WebhookListener.closeTimeout", closeTimeout ?? "10 seconds")

/**
 * A listener for a program that is not an Effect. Rejects when the layer can't be built, or the secrets don't fit.
 *
 * @since 0.1.0
 * @category constructors
 */
export const toListener = async <E, R, LE>(
  receiver: WebhookReceiver.Receiver<E, R>,
  layer: Layer.Layer<R, LE>,
  options: ListenerOptions = {}
): Promise<{ readonly listener: Listener; readonly dispose: () => Promise<void> }> => {
  checkListener("webhookListener", options)
  const scope = Scope.makeUnsafe()
  const dispose = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const made = Effect.flatMap(Layer.buildWithScope(layer, scope), (context) =>
    make(receiver, options).pipe(Effect.provideContext(context), Scope.provide(scope))
  )
  const listener = await Effect.runPromise(Effect.onError(made, () => Scope.close(scope, Exit.void)))
  return { listener, dispose }
}

/**
 * Starts a server and listens until the scope ends. Yields its port. At the end, connections without a request are
 * closed, deliveries in flight are answered, and what is still open after `closeTimeout` is closed. Throws `InvalidOption`
 * for options that make no sense.
 *
 * @since 0.1.0
 * @category serving
 */
export const serve = <E, R>(
  receiver: WebhookReceiver.Receiver<E, R>,
  options: ServeOptions = {}
): Effect.Effect<{ readonly port: number }, E | WebhookError.WebhookError | ListenError, R | Scope.Scope> => {
  checkReceiver("webhookListener.receiver", receiver)
  checkOptions("webhookListener", options)
  const closeMillis = closeMillisOf(options)
  return Effect.gen(function* () {
    const { host = "127.0.0.1", port = 0 } = options
    const desk = yield* deskOf(receiver)
    const limits = { headersTimeout: 10_000, requestTimeout: 10_000 + receiver.bodyTimeoutMillis + 5000 }
    const server = createServer({ connectionsCheckingInterval: 1000, ...limits, ...options.server }, desk.listen)
    const connections = new Connections(server)
    const drain = Effect.andThen(connections.drain, desk.drain)
    const force = Effect.andThen(connections.destroy, desk.interrupt)
    yield* Effect.acquireRelease(listenAt(server, host, port), () => within(closeMillis, drain, force))
    const address = server.address()
    return { port: address !== null && typeof address === "object" ? address.port : port }
  })
}

const checkReceiver = OptionCheck.satisfies(
  "what WebhookReceiver.make returns",
  (value) => typeof Object(value).open === "function"
)

const checkListener = OptionCheck.record<ListenerOptions>({ closeTimeout: OptionCheck.duration })

const checkOptions = OptionCheck.record<ServeOptions>({
  port: OptionCheck.integer(0, 65_535),
  host: OptionCheck.text,
  closeTimeout: OptionCheck.duration,
  server: OptionCheck.dictionary(OptionCheck.anything)
})

const listenAt = (server: Server, host: string, port: number): Effect.Effect<void, ListenError> =>
  Effect.callback((resume) => {
    const fail = (cause: Error) => resume(Effect.fail(new ListenError({ host, port, cause })))
    server.once("error", fail)
    server.listen(port, host, () => {
      server.off("error", fail)
      resume(Effect.void)
    })
  })

/** Where requests come to, and where those wait that are not answered at once. */
class Desk<E, R> {
  readonly #receiver: WebhookReceiver.Receiver<E, R>
  readonly #context: Context.Context<R>
  readonly #run: (effect: Effect.Effect<unknown, never, R>) => Fiber.Fiber<unknown, unknown>
  readonly #answering = new Set<Fiber.Fiber<unknown, unknown>>()
  readonly #timers = new Set<Fiber.Fiber<unknown, unknown>>()

  constructor(receiver: WebhookReceiver.Receiver<E, R>, context: Context.Context<R>) {
    this.#receiver = receiver
    this.#context = context
    this.#run = Effect.runForkWith(context)
  }

  readonly listen: Listener = (request, response) => {
    const reception = this.#receiver.open(Arriving.headOf(request))
    if (Arriving.isRead(request)) return this.#takeKept(request, response, reception)
    this.#read(request, response, reception)
  }

  #takeKept(request: IncomingMessage, response: ServerResponse, reception: WebhookReceiver.Reception<R>): void {
    const kept = reception.hasBody ? Arriving.keptBody(request) : new Uint8Array()
    const rejection = reception.rejection ?? (kept === undefined ? "BodyAlreadyRead" : undefined)
    if (rejection !== undefined) return this.#answer(response, reception.rejectIn(this.#context, rejection))
    if (kept !== undefined) this.#answer(response, reception.receiveIn(this.#context, kept))
  }

  /** Waits for the answers in flight. */
  readonly drain: Effect.Effect<void> = Effect.suspend(() =>
    Effect.andThen(Fiber.interruptAll([...this.#timers]), Fiber.awaitAll([...this.#answering]))
  ).pipe(Effect.asVoid)

  /** Interrupts the answers in flight. */
  readonly interrupt: Effect.Effect<void> = Effect.suspend(() => Fiber.interruptAll([...this.#answering]))

  #read(request: IncomingMessage, response: ServerResponse, reception: WebhookReceiver.Reception<R>): void {
    const { bodyTimeoutMillis } = this.#receiver
    const reading = WebhookReceiver.readBody(request, {
      maxBodySize: reception.maxBodySize,
      bodyTimeoutMillis,
      defer: setImmediate,
      fork: this.#startTimer,
      onBody: (body) => this.#answer(response, reception.receiveIn(this.#context, body)),
      onRejection: (rejection) => {
        if (rejection === "BodyTimeout") response.shouldKeepAlive = false
        this.#answer(response, reception.rejectIn(this.#context, rejection))
      }
    })
    if (reception.rejection !== undefined) return reading.reject(reception.rejection)
    if (reception.hasBody) return
    reading.pass()
    this.#answer(response, reception.receiveIn(this.#context, new Uint8Array()))
  }

  #answer(response: ServerResponse, answering: WebhookReceiver.Answering<R>): void {
    if ("status" in answering) return Answering.send(response, answering)
    this.#keep(this.#answering, this.#run(Effect.map(answering, (answer) => Answering.send(response, answer))))
  }

  readonly #startTimer = (timer: Effect.Effect<void>): Fiber.Fiber<unknown, unknown> =>
    this.#keep(this.#timers, this.#run(timer))

  #keep(
    fibers: Set<Fiber.Fiber<unknown, unknown>>,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Fiber.Fiber<unknown, unknown> {
    if (fiber.pollUnsafe() !== undefined) return fiber
    fibers.add(fiber)
    fiber.addObserver(() => fibers.delete(fiber))
    return fiber
  }
}
