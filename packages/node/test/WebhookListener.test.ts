import { Inbox, SignatureScheme, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { WebhookListener } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, Redacted, Result, Scope } from "effect"
import { TestClock } from "effect/testing"
import express, { type RequestHandler } from "express"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import * as RawHttp from "./rawHttp.ts"

const scheme = SignatureScheme.standardWebhooks
const secret = Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==")
const now = 1_764_000_000_000
const body = '{ "type": "invoice.paid" }'

const signed = (id: string): ReadonlyArray<readonly [string, string]> =>
  Result.getOrThrow(WebhookSigner.sign(scheme, { body: new TextEncoder().encode(body), secret, timestamp: now, id }))

const request = (id: string, path = "/hooks"): string => {
  const headers = [...signed(id), ["Content-Type", "application/json"], ["Content-Length", String(body.length)]]
  const lines = [`POST ${path} HTTP/1.1`, "Host: hooks.example", ...headers.map((pair) => pair.join(": ")), "", body]
  return lines.join("\r\n")
}

const base = { source: "acme", scheme, secrets: secret } as const

/** A server of somebody else's, for as long as the scope lives. */
const listen = (handler: RequestListener): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer(handler)
        await once(server.listen(0, "127.0.0.1"), "listening")
        return server
      }),
      (server) =>
        Effect.promise(async () => {
          const closed = once(server, "close")
          server.close()
          server.closeAllConnections()
          await closed
        })
    ),
    // A server that listens on a port has an address with that port.
    (server) => (server.address() as AddressInfo).port
  )

const test = (fact: string, program: Effect.Effect<unknown, unknown, Inbox.Inbox | Scope.Scope>) =>
  it.effect(fact, () =>
    Effect.andThen(TestClock.setTime(now), program).pipe(
      Effect.scoped,
      Effect.provide(Inbox.layerMemory),
      Effect.provide(Logger.layer([]))
    )
  )

const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(turn, until(holds))))

describe("a listener in Express", () => {
  const inExpress = (
    before: ReadonlyArray<RequestHandler>,
    mount: (app: express.Express, listener: RequestHandler) => void
  ) =>
    Effect.gen(function* () {
      const reasons: Array<string> = []
      const receiver = WebhookReceiver.make({
        sources: { acme: { scheme, secrets: secret } },
        onOutcome: (outcome) =>
          Effect.sync(() => reasons.push(outcome._tag === "Refused" ? outcome.reason : outcome._tag))
      })
      const listener = yield* WebhookListener.make(receiver)
      const app = express()
      for (const each of before) app.use(each)
      mount(app, listener)
      const line = yield* RawHttp.open(yield* listen(app))
      return { line, reasons }
    })

  test(
    "takes the source from the parameters of its route",
    Effect.gen(function* () {
      const { line } = yield* inExpress([], (app, listener) => app.post("/in/:source", listener))
      yield* line.write(request("msg_1", "/in/acme"))
      assert.strictEqual((yield* line.next).body, "stored")
      yield* line.write(request("msg_2", "/in/other"))
      assert.strictEqual((yield* line.next).status, 404)
    })
  )

  test(
    "takes the raw bytes that express.raw has left",
    Effect.gen(function* () {
      const { line } = yield* inExpress([express.raw({ type: "*/*" })], (app, listener) =>
        app.post("/in/:source", listener)
      )
      yield* line.write(request("msg_1", "/in/acme"))
      assert.strictEqual((yield* line.next).body, "stored")
    })
  )

  test(
    "says 503 and why when express.json has read the body, instead of refusing what is genuine",
    Effect.gen(function* () {
      const { line, reasons } = yield* inExpress([express.json()], (app, listener) => app.post("/in/:source", listener))
      yield* line.write(request("msg_1", "/in/acme"))
      const answer = yield* line.next
      assert.deepStrictEqual([answer.status, answer.headers["retry-after"]], [503, "30"])
      assert.deepStrictEqual(reasons, ["BodyAlreadyRead"])
    })
  )
})

describe("a listener", () => {
  test(
    "closes the connection of a body that drips, after its answer",
    Effect.gen(function* () {
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make({ ...base, bodyTimeout: "10 seconds" }))
      const line = yield* RawHttp.open(port)
      yield* line.write(request("msg_1").slice(0, -5))
      const answer = yield* Effect.forkChild(line.next)
      let isClosed = false
      yield* Effect.forkChild(
        Effect.andThen(
          line.closed,
          Effect.sync(() => (isClosed = true))
        )
      )
      while (!isClosed) yield* Effect.andThen(turn, TestClock.adjust("1 second"))
      const { headers, status } = yield* Fiber.join(answer)
      assert.deepStrictEqual([status, headers["connection"]], [408, "close"])
    })
  )

  test(
    "lets no more pass of a refused body than 16 times its limit",
    Effect.gen(function* () {
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make({ ...base, maxBodySize: 1000 }))
      const line = yield* RawHttp.open(port)
      yield* line.write("POST / HTTP/1.1\r\nHost: hooks.example\r\nTransfer-Encoding: chunked\r\n\r\n")
      let isClosed = false
      yield* Effect.forkChild(
        Effect.andThen(
          line.closed,
          Effect.sync(() => (isClosed = true))
        )
      )
      let sent = 0
      for (; !isClosed && sent < 1_000_000; sent += 500) yield* line.write(`1f4\r\n${"x".repeat(500)}\r\n`)
      yield* until(() => isClosed)
      assert.isAbove(sent, 15_000)
      assert.isBelow(sent, 1_000_000)
    })
  )

  test(
    "closes the connection of a refused body that does not end",
    Effect.gen(function* () {
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make({ ...base, maxBodySize: 1000 }))
      const line = yield* RawHttp.open(port)
      yield* line.write("POST / HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: 2000\r\n\r\n")
      assert.strictEqual((yield* line.next).status, 413)
      let isClosed = false
      yield* Effect.forkChild(
        Effect.andThen(
          line.closed,
          Effect.sync(() => (isClosed = true))
        )
      )
      while (!isClosed) yield* Effect.andThen(turn, TestClock.adjust("1 second"))
    })
  )

  test(
    "keeps connections open after a body that took its time but came",
    Effect.gen(function* () {
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make(base))
      const line = yield* RawHttp.open(port)
      const [first, second] = [request("msg_1").slice(0, 200), request("msg_1").slice(200)]
      yield* line.write(first)
      yield* TestClock.adjust("9 seconds")
      yield* line.write(second)
      assert.strictEqual((yield* line.next).status, 200)
      yield* TestClock.adjust("1 minute")
      yield* TestClock.setTime(now)
      yield* line.write(request("msg_2"))
      assert.strictEqual((yield* line.next).status, 200)
    })
  )

  test(
    "tells of a client that went away in the middle of a body",
    Effect.gen(function* () {
      const gone = yield* Deferred.make<WebhookReceiver.Outcome>()
      const onOutcome = (outcome: WebhookReceiver.Outcome) => Deferred.succeed(gone, outcome)
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make({ ...base, onOutcome }))
      const line = yield* RawHttp.open(port)
      yield* line.write(request("msg_1").slice(0, -5))
      yield* line.destroy
      assert.deepInclude(yield* Deferred.await(gone), { _tag: "Refused", reason: "BodyUnreadable" })
    })
  )

  test(
    "answers what is under way before it goes",
    Effect.gen(function* () {
      const [begun, storedAt] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const onEvent = () => Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(storedAt))
      const scope = yield* Scope.make()
      const receiver = WebhookReceiver.make({ ...base, onEvent })
      const { port } = yield* Scope.provide(WebhookListener.serve(receiver), scope)
      const line = yield* RawHttp.open(port)
      yield* line.write(request("msg_1"))
      yield* Deferred.await(begun)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* turn
      yield* Deferred.succeed(storedAt, undefined)
      assert.strictEqual((yield* line.next).status, 200)
      yield* line.destroy
      yield* Fiber.join(closing)
    })
  )

  const unfinished: ReadonlyArray<readonly [string, string]> = [
    ["nothing", ""],
    ["half of its headers", "POST /hooks HTTP/1.1\r\nHost: a\r\n"],
    ["a request that was answered", "PUT /hooks HTTP/1.1\r\nHost: a\r\n\r\n"]
  ]
  for (const [sent, bytes] of unfinished) {
    test(
      `closes at once while a client that has sent ${sent} stays connected`,
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { port } = yield* Scope.provide(WebhookListener.serve(WebhookReceiver.make(base)), scope)
        const line = yield* RawHttp.open(port)
        yield* line.write(bytes)
        if (bytes.endsWith("\r\n\r\n")) assert.strictEqual((yield* line.next).status, 405)
        yield* turn
        yield* Scope.close(scope, Exit.void)
        yield* line.closed
      })
    )
  }

  test(
    "closes after closeTimeout what is still open: half of a body, and a delivery that can't be stored",
    Effect.gen(function* () {
      const [begun, interrupted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const onEvent = () =>
        Deferred.succeed(begun, undefined).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
        )
      const scope = yield* Scope.make()
      const receiver = WebhookReceiver.make({ ...base, onEvent, storeTimeout: "1 hour", bodyTimeout: "1 hour" })
      const options = { closeTimeout: "3 seconds" } as const
      const { port } = yield* Scope.provide(WebhookListener.serve(receiver, options), scope)
      const half = yield* RawHttp.open(port)
      yield* half.write(request("msg_1").slice(0, -5))
      const stored = yield* RawHttp.open(port)
      yield* stored.write(request("msg_2"))
      yield* Deferred.await(begun)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* turn
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      yield* half.closed
      yield* stored.closed
      yield* Deferred.await(interrupted)
    })
  )

  test(
    "refuses a closeTimeout that is no duration",
    Effect.sync(() => {
      const receiver = WebhookReceiver.make(base)
      assert.throws(() => WebhookListener.serve(receiver, { closeTimeout: -1 }), /webhookListener.closeTimeout/)
      assert.throws(() => WebhookListener.make(receiver, { closeTimeout: Infinity }), /webhookListener.closeTimeout/)
    })
  )

  test(
    "is not made where the secret does not fit, nor where the port is taken",
    Effect.gen(function* () {
      const unfit = WebhookReceiver.make({ ...base, secrets: Redacted.make("not base64!") })
      assert.strictEqual((yield* Effect.flip(WebhookListener.serve(unfit)))._tag, "WebhookError")
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make(base))
      const taken = yield* Effect.flip(WebhookListener.serve(WebhookReceiver.make(base), { port }))
      assert.deepStrictEqual(
        [taken._tag, taken.message],
        ["ListenError", `The server can't listen at 127.0.0.1:${port}`]
      )
    })
  )

  test(
    "has a server that does not wait for headers for ever",
    Effect.gen(function* () {
      const server = { headersTimeout: 20, connectionsCheckingInterval: 5 }
      const { port } = yield* WebhookListener.serve(WebhookReceiver.make(base), { server })
      const line = yield* RawHttp.open(port)
      yield* line.write("POST / HTTP/1.1\r\nHost: hooks.example\r\nX-Slow: ")
      assert.strictEqual((yield* line.next).status, 408)
      yield* line.closed
    })
  )

  it("is made for a program that is no Effect, and disposed of", async () => {
    const receiver = WebhookReceiver.make(base)
    const { dispose, listener } = await WebhookListener.toListener(receiver, Inbox.layerMemory)
    const server = createServer(listener)
    await once(server.listen(0, "127.0.0.1"), "listening")
    // A server that listens on a port has an address with that port.
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body })
    assert.strictEqual(response.status, 400)
    server.closeAllConnections()
    server.close()
    await dispose()
    const unfit = WebhookReceiver.make({ ...base, secrets: [] })
    const failed = await WebhookListener.toListener(unfit, Layer.empty as Layer.Layer<Inbox.Inbox>).catch(String)
    assert.include(String(failed), "no secret is configured")
  })
})
