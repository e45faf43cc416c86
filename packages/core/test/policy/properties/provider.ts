/** The provider of a scenario: it answers as the script says, and remembers what arrived, and what was let go of. */
import { type Clock, Effect, Exit, Layer } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { Exchange } from "@causeway/core/policy"
import type { Body, Reply } from "./scenario.ts"

/** An attempt that reached the provider; times are of the test's clock. */
export interface Arrival {
  readonly call: string
  readonly at: number
  readonly reply: Reply
}

type Request = HttpClientRequest.HttpClientRequest

type Answered = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

export class Provider {
  readonly arrivals: Array<Arrival> = []
  /** Requests that are neither answered to the end of their body, nor broken, nor let go of. */
  inFlight = 0
  mostInFlight = 0
  #script: (arrival: number) => Reply

  constructor(replies: ReadonlyArray<Reply>) {
    this.#script = (arrival) => replies[arrival % replies.length] ?? { _tag: "Never" }
  }

  /** From now on all is well, and takes so long. */
  recover(after: number): void {
    this.#script = () => ({ _tag: "Answer", after, status: 200, headers: {}, body: "fits" })
  }

  get layer(): Layer.Layer<HttpClient.HttpClient> {
    return Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request, _, signal) => Effect.clockWith((clock) => this.#receive(request, signal, clock)))
    )
  }

  /** The same, with a way for those that need no fibre. */
  get layerDirect(): Layer.Layer<HttpClient.HttpClient> {
    const executing = Effect.provide(HttpClient.HttpClient, this.layer)
    return Layer.effect(
      HttpClient.HttpClient,
      Effect.zipWith(executing, Effect.context<never>(), (client, context) => {
        const direct: Exchange.Direct = {
          accepts: () => true,
          begin: (request, told) => this.#begin(request, told, Effect.runForkWith(context))
        }
        return Object.assign(HttpClient.make(client.execute), { [Exchange.DirectTypeId]: direct })
      })
    )
  }

  #begin(request: Request, told: Exchange.Told, fork: typeof Effect.runFork): () => void {
    const controller = new AbortController()
    const fiber = fork(Effect.clockWith((clock) => this.#receive(request, controller.signal, clock)))
    fiber.addObserver((exit) =>
      queueMicrotask(() => {
        if (controller.signal.aborted) return
        if (Exit.isSuccess(exit)) told.responded(abortedWith(controller, exit.value))
        else told.broke(Effect.runSync(Effect.flip(Effect.failCause(exit.cause))))
      })
    )
    return () => {
      controller.abort()
      fiber.interruptUnsafe()
    }
  }

  #receive(request: Request, signal: AbortSignal, clock: Clock.Clock): Answered {
    const reply = this.#script(this.arrivals.length)
    this.arrivals.push({ call: request.url.split("/").at(-1) ?? "", at: clock.currentTimeMillisUnsafe(), reply })
    this.inFlight += 1
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    const end = once(() => (this.inFlight -= 1))
    signal.addEventListener("abort", end)
    return Effect.onError(answer(request, reply, signal, end), () => Effect.sync(end))
  }
}

/** As a direct way must: who is interrupted while reading a body whole lets go of it. */
const abortedWith = (
  controller: AbortController,
  response: HttpClientResponse.HttpClientResponse
): HttpClientResponse.HttpClientResponse => {
  const abort = () => Effect.sync(() => controller.abort())
  // What is not overridden here is the response's own.
  return Object.create(response, {
    text: { get: () => Effect.onInterrupt(response.text, abort) },
    arrayBuffer: { get: () => Effect.onInterrupt(response.arrayBuffer, abort) }
  }) as HttpClientResponse.HttpClientResponse
}

const once = (run: () => void) => {
  let done = false
  return () => {
    if (!done) run()
    done = true
  }
}

const answer = (request: Request, reply: Reply, signal: AbortSignal, end: () => void): Answered => {
  if (reply._tag === "Never") return Effect.never
  const answered =
    reply._tag === "Broken"
      ? Effect.fail(transportError(request, reply.code))
      : Effect.sync(() => respond(request, reply, signal, end))
  return reply.after === 0 ? answered : Effect.delay(answered, reply.after)
}

const respond = (
  request: Request,
  { body, headers, status }: Extract<Reply, { readonly _tag: "Answer" }>,
  signal: AbortSignal,
  end: () => void
): HttpClientResponse.HttpClientResponse => {
  const isEmpty = status === 204 || status === 304 || body === "is empty"
  if (isEmpty) end()
  return HttpClientResponse.fromWeb(
    request,
    new Response(isEmpty ? null : bodyOf(body, signal, end), {
      status,
      headers: { "content-type": "application/json", ...headers }
    })
  )
}

const bodyOf = (kind: Body, signal: AbortSignal, end: () => void): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>(
    {
      start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
      pull: (controller) => {
        if (kind === "stalls") return new Promise(() => {})
        controller.enqueue(new TextEncoder().encode(textOf(kind)))
        end()
        if (kind === "is cut") return controller.error(Object.assign(new Error("terminated"), { code: "ECONNRESET" }))
        return controller.close()
      },
      cancel: end
    },
    { highWaterMark: 0 }
  )

const textOf = (kind: Body): string => {
  if (kind === "fits") return '{"ok":true}'
  if (kind === "does not fit") return '{"ok":"maybe"}'
  if (kind === "is large") return JSON.stringify({ ok: true, filler: "x".repeat(100_000) })
  return '{"ok":'
}

const transportError = (request: Request, code: string): HttpClientError.HttpClientError =>
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(code), { code }) })
  })
