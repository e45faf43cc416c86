import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Stream } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { setImmediate } from "node:timers/promises"
import { Transport } from "@causeway/node"
import { serving, ways } from "./transportServers.ts"

/** Enough to use every connection of the pool many times over; `npm run test:long` makes more. */
const calls = process.env["CAUSEWAY_LONG"] === undefined ? 200 : 1_000

const large = "x".repeat(300_000)

const answer = (request: IncomingMessage, response: ServerResponse): unknown => {
  switch (request.url) {
    case "/large":
      return response.end(large)
    case "/silent":
      return undefined
    case "/stalled":
      return response.writeHead(200, { "content-length": "10" }).write("one")
    case "/broken":
      return response.writeHead(200, { "content-length": "10" }).write("one", () => request.socket.destroy())
    case "/closed":
      return request.socket.destroy()
    case "/redirect":
      return response.writeHead(302, { location: "/large" }).end(large)
    case "/echo":
      request.on("error", () => {})
      return request.pipe(response)
    default:
      return response.end("small")
  }
}

const endless = Stream.forever(Stream.fromEffect(Effect.promise(() => setImmediate(new Uint8Array(100)))))
const failing = Stream.concat(Stream.take(endless, 3), Stream.fail("gone"))

type Call = (client: HttpClient.HttpClient, url: string) => Effect.Effect<unknown, HttpClientError.HttpClientError>

/** Begins a call and interrupts it once the event loop has turned a few times. */
const interrupted =
  (call: Call): Call =>
  (client, url) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(call(client, url), { startImmediately: true })
      yield* Effect.promise(async () => {
        for (let turn = 0; turn < 5; turn += 1) await setImmediate()
      })
      yield* Fiber.interrupt(fiber)
    })

const read =
  (path: string): Call =>
  (client, url) =>
    Effect.flatMap(client.get(url + path), (response) => response.text)

const posting =
  (body: Stream.Stream<Uint8Array, unknown>): Call =>
  (client, url) =>
    Effect.flatMap(
      client.execute(HttpClientRequest.post(`${url}/echo`).pipe(HttpClientRequest.bodyStream(body))),
      (response) => response.text
    )

const kinds: Readonly<Record<string, Call>> = {
  "a small body, read": read("/small"),
  "a small body, unread": (client, url) => client.get(`${url}/small`),
  "a large body, read": read("/large"),
  "a large body, read a little": (client, url) =>
    Effect.flatMap(client.get(`${url}/large`), (response) => Stream.runDrain(Stream.take(response.stream, 1))),
  "a redirect that is followed": read("/redirect"),
  "a stream that is sent": posting(Stream.take(endless, 3)),
  "a stream that fails while it is sent": posting(failing),
  "a connection closed before the headers": read("/closed"),
  "a connection closed within the body": read("/broken"),
  "an interruption before the headers": interrupted(read("/silent")),
  "an interruption within the body": interrupted(read("/stalled")),
  "an interruption while a stream is sent": interrupted(posting(endless)),
  "an interruption at once": interrupted((client, url) =>
    Effect.timeoutOrElse(client.get(`${url}/silent`), {
      duration: 0,
      orElse: () => Effect.void
    })
  )
}

/** What connections keep the process alive; other kinds are the test runner's. */
const connections = () =>
  process.getActiveResourcesInfo().filter((name) => /^(TCPSocket|Connect|TLS|Shutdown|Write)/.test(name))

/** A connection that was being made when the pool was closed goes only once the system has made it. */
const emptied = Effect.promise(async () => {
  while (connections().length > 0) await setImmediate()
})

/** How many listeners signals have gained while something runs. */
const listenersGained = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const { addEventListener, removeEventListener } = AbortSignal.prototype
    let gained = 0
    AbortSignal.prototype.addEventListener = function (this: AbortSignal, ...args: [string, never]) {
      gained += 1
      addEventListener.apply(this, args)
    }
    AbortSignal.prototype.removeEventListener = function (this: AbortSignal, ...args: [string, never]) {
      gained -= 1
      removeEventListener.apply(this, args)
    }
    const restore = Effect.sync(() => Object.assign(AbortSignal.prototype, { addEventListener, removeEventListener }))
    return Effect.map(Effect.ensuring(effect, restore), () => gained)
  })

for (const [name, as] of ways) {
  describe(`${calls} requests, ${name}, of which each is`, () => {
    for (const [kind, call] of Object.entries(kinds)) {
      it.live(
        `${kind}, leave no connection, handle or listener`,
        () =>
          Effect.gen(function* () {
            const { idle, open, url } = yield* serving(answer)
            const run = Effect.gen(function* () {
              const client = HttpClient.transformResponse(yield* HttpClient.HttpClient, (response) => as(response))
              const ended = Effect.exit(call(client, url))
              yield* Effect.forEach(
                Array.from({ length: calls }, () => ended),
                (exit) => Effect.map(exit, (exit) => assert.isFalse(Exit.isFailure(exit) && Cause.hasDies(exit.cause))),
                { concurrency: 50 }
              )
            })
            const gained = yield* listenersGained(
              Effect.provide(run, Transport.layerWith({ connections: 20, followRedirects: 1 }))
            )
            yield* Effect.promise(idle)
            yield* emptied
            assert.strictEqual(open.size, 0)
            assert.isAtMost(gained, 0)
          }),
        calls * 300
      )
    }
  })
}
