import { Inbox, SignatureScheme, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted, References, Result, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as RawHttp from "./rawHttp.ts"
import { type Entrance, entrances, type Options } from "./webhookEntrances.ts"

const scheme = SignatureScheme.standardWebhooks
const plantedSecret = "cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA=="
const secret = Redacted.make(`whsec_${plantedSecret}`)
const otherSecret = Redacted.make("whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyIQ==")
const now = 1_764_000_000_000
const body = '{"type":"invoice.paid","data":{"id":"planted-in-the-body"}}'

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? new TextEncoder().encode(text) : text

type Headers = ReadonlyArray<readonly [string, string]>

const signed = (id: string, content: string | Uint8Array = body, key = secret, timestamp = now): Headers =>
  Result.getOrThrow(WebhookSigner.sign(scheme, { body: bytesOf(content), secret: key, timestamp, id }))

const head = (headers: Headers, { method = "POST", path = "/hooks" } = {}): string =>
  [`${method} ${path} HTTP/1.1`, "Host: hooks.example", ...headers.map((pair) => pair.join(": ")), "", ""].join("\r\n")

const withLength = (headers: Headers, content: string | Uint8Array): Headers => [
  ...headers,
  ["Content-Length", String(bytesOf(content).length)]
]

const chunked = (headers: Headers): Headers => [...headers, ["Transfer-Encoding", "chunked"]]

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`

const base: Options = { path: "/hooks", source: "acme", scheme, secrets: secret }

/** What a receiver has told. */
class Told {
  readonly outcomes: Array<WebhookReceiver.Outcome> = []
  readonly lines: Array<string> = []

  readonly observe = (outcome: WebhookReceiver.Outcome) => Effect.sync(() => this.outcomes.push(outcome))

  get reasons(): ReadonlyArray<string> {
    return this.outcomes.map((outcome) => (outcome._tag === "Refused" ? outcome.reason : outcome._tag))
  }
}

const stored = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())

const storedIds = Effect.map(stored, (events) => events.map(({ id }) => id))

/** Lets what is on its way arrive. */
const turns = (count: number) =>
  Effect.promise(async () => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  })

/** Waits until something holds that other fibers and sockets bring about. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.andThen(turns(1), until(holds))))

const suite = (entrance: Entrance) => {
  const open = (options: Partial<Options> = {}) => {
    // What is changed is of the same kind as what it changes.
    const all = { ...base, ...options } as Options
    return Effect.flatMap(entrance.open(all), (port) => Effect.map(RawHttp.open(port), (line) => ({ port, line })))
  }

  const post = (line: RawHttp.Line, headers: Headers, content: string | Uint8Array = body, path = "/hooks") =>
    line
      .write(Buffer.concat([Buffer.from(head(withLength(headers, content), { path })), bytesOf(content)]))
      .pipe(Effect.andThen(line.next))

  const test = (fact: string, program: (told: Told) => Effect.Effect<unknown, unknown, Inbox.Inbox | Scope.Scope>) =>
    it.effect(fact, () => {
      const told = new Told()
      const logger = Logger.make(({ fiber, message }) => {
        told.lines.push(JSON.stringify([message, fiber.getRef(References.CurrentLogAnnotations)]))
      })
      return Effect.andThen(TestClock.setTime(now), program(told)).pipe(
        Effect.scoped,
        Effect.provide(Inbox.layerMemory),
        Effect.provide(Logger.layer([logger]))
      )
    })

  test("stores a signed event once, with the bytes as they came", () =>
    Effect.gen(function* () {
      const { line } = yield* open()
      const content = Uint8Array.from([0x7b, 0xff, 0x00, 0x7d])
      const headers = signed("msg_1", content)
      const first = yield* post(line, headers, content)
      const second = yield* post(line, headers, content)
      assert.deepStrictEqual([first.status, first.body], [200, "stored"])
      assert.deepStrictEqual([second.status, second.body], [200, "duplicate"])
      const [event] = yield* stored
      const full = yield* Effect.flatMap(Inbox.Inbox, (inbox) => inbox.get(event?.key ?? 0))
      assert.deepStrictEqual(full._tag === "Some" && [...full.value.body], [...content])
    }))

  test("puts a chunked body together, whatever its pieces", () =>
    Effect.gen(function* () {
      const { line } = yield* open()
      yield* line.write(head(chunked(signed("msg_1"))))
      for (const letter of body) yield* line.write(chunk(letter))
      yield* line.write("0\r\n\r\n")
      assert.strictEqual((yield* line.next).body, "stored")
    }))

  test("tells a client that asks first to go on, and stores what it sends then", () =>
    Effect.gen(function* () {
      const { line } = yield* open()
      yield* line.write(head([...withLength(signed("msg_1"), body), ["Expect", "100-continue"]]))
      assert.strictEqual((yield* line.nextHead).status, 100)
      yield* line.write(body)
      assert.strictEqual((yield* line.next).body, "stored")
      assert.deepStrictEqual(yield* storedIds, ["msg_1"])
    }))

  test("answers 408 to a body that drips, and stores nothing", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ bodyTimeout: "10 seconds", onOutcome: told.observe })
      let answer: RawHttp.Raw | undefined
      yield* Effect.forkChild(Effect.tap(line.next, (raw) => Effect.sync(() => (answer = raw))))
      yield* line.write(head(withLength(signed("msg_1"), body)))
      for (const letter of body.slice(0, 30)) {
        if (answer !== undefined) break
        yield* line.write(letter)
        yield* TestClock.adjust("1 second")
      }
      yield* until(() => answer !== undefined)
      assert.strictEqual(answer?.status, 408)
      assert.deepStrictEqual(told.reasons, ["BodyTimeout"])
      assert.deepStrictEqual(yield* stored, [])
    }))

  test("forgets a body whose client goes away in the middle, tells of it, and serves the next one", (told) =>
    Effect.gen(function* () {
      const { line, port } = yield* open({ onOutcome: told.observe })
      yield* line.write(head(withLength(signed("msg_1"), body)))
      yield* line.write(body.slice(0, 20))
      yield* line.destroy
      const next = yield* RawHttp.open(port)
      assert.strictEqual((yield* post(next, signed("msg_2"))).status, 200)
      yield* until(() => told.outcomes.length === 2)
      assert.deepStrictEqual(told.reasons.toSorted(), ["BodyUnreadable", "Stored"])
      assert.deepStrictEqual(yield* storedIds, ["msg_2"])
    }))

  test("refuses a body that says it is too large before any of it has come", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ maxBodySize: 100, onOutcome: told.observe })
      yield* line.write(head([["Content-Length", "101"]]))
      assert.strictEqual((yield* line.next).status, 413)
      assert.deepStrictEqual(told.reasons, ["BodyTooLarge"])
    }))

  test("refuses a body of unknown length as soon as it is too large, and takes one of exactly the limit", () =>
    Effect.gen(function* () {
      const { line, port } = yield* open({ maxBodySize: 100 })
      yield* line.write(head(chunked([])) + chunk("x".repeat(60)) + chunk("y".repeat(41)))
      assert.strictEqual((yield* line.next).status, 413)
      const content = "x".repeat(100)
      assert.strictEqual((yield* post(yield* RawHttp.open(port), signed("msg_1", content), content)).status, 200)
    }))

  test("answers a body of several megabytes instead of resetting the connection", () =>
    Effect.gen(function* () {
      const { line } = yield* open()
      const piece = chunk("x".repeat(100_000))
      yield* line.write(head(chunked([])))
      for (let sent = 0; sent < 50; sent += 1) yield* line.write(piece)
      assert.strictEqual((yield* line.next).status, 413)
    }))

  test("goes on with a connection after a refusal, also with requests that were sent ahead", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ maxBodySize: 1000, onOutcome: told.observe })
      const large = "x".repeat(5000)
      yield* line.write(
        [
          head(withLength([], large)) + large,
          head(chunked([])) + chunk(large) + "0\r\n\r\n",
          head([["Content-Encoding", "gzip"], ...withLength([], body)]) + body,
          head([], { method: "GET" }),
          head(withLength(signed("msg_1"), body)) + body
        ].join("")
      )
      const statuses: Array<number> = []
      for (let request = 0; request < 5; request += 1) statuses.push((yield* line.next).status)
      assert.deepStrictEqual(statuses, [413, 413, 415, 405, 200])
      assert.deepStrictEqual(yield* storedIds, ["msg_1"])
    }))

  test("refuses a signature that was sent twice", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ onOutcome: told.observe })
      const headers = signed("msg_1")
      const repeated = headers.filter(([name]) => name === "webhook-signature")
      yield* post(line, [...headers, ...repeated])
      // The Fetch standard joins the two: the first item is malformed then, and the second one is right.
      assert.deepStrictEqual(told.reasons, [entrance.seesRepeated ? "DuplicateHeader" : "Stored"])
    }))

  for (const encoding of ["gzip", "br", "identity, gzip"]) {
    test(`refuses a body in ${encoding} before it has come`, (told) =>
      Effect.gen(function* () {
        const { line } = yield* open({ onOutcome: told.observe })
        yield* line.write(head([["Content-Encoding", encoding], ["Content-Length", "10"], ...signed("msg_1")]))
        const answer = yield* line.next
        assert.deepStrictEqual([answer.status, answer.headers["accept-encoding"]], [415, "identity"])
        assert.deepStrictEqual(told.reasons, ["UnsupportedContentEncoding"])
      }))
  }

  test("takes a body that says it is not encoded", () =>
    Effect.gen(function* () {
      const { line } = yield* open()
      assert.strictEqual((yield* post(line, [["Content-Encoding", "identity"], ...signed("msg_1")])).status, 200)
    }))

  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
    test(`answers ${method} with 405 and the method that is allowed`, (told) =>
      Effect.gen(function* () {
        const { line } = yield* open({ onOutcome: told.observe })
        yield* line.write(head([], { method }))
        const answer = yield* method === "HEAD" ? line.nextHead : line.next
        assert.deepStrictEqual([answer.status, answer.headers["allow"]], [405, "POST"])
        assert.deepStrictEqual(told.reasons, ["MethodNotAllowed"])
      }))
  }

  test("refuses a signature header that is larger than any signature", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ onOutcome: told.observe })
      const headers = signed("msg_1").map(([name, value]): readonly [string, string] => [
        name,
        name === "webhook-signature" ? value + " v1,x".repeat(2000) : value
      ])
      assert.strictEqual((yield* post(line, headers)).status, 400)
      assert.strictEqual((yield* post(line, signed("msg_2"))).status, 200)
    }))

  test("leaves headers that no server takes to the server, and goes on", () =>
    Effect.gen(function* () {
      const { line, port } = yield* open()
      yield* line.write(head([["X-Huge", "x".repeat(64 * 1024)]]))
      assert.strictEqual((yield* line.next).status, 431)
      assert.strictEqual((yield* post(yield* RawHttp.open(port), signed("msg_1"))).status, 200)
    }))

  test("holds the content type against those that are taken", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ contentTypes: ["application/json"], onOutcome: told.observe })
      const type = (value: string): Headers => [["Content-Type", value], ...signed("msg_1")]
      assert.strictEqual((yield* post(line, type("Application/JSON; charset=utf-8"))).status, 200)
      const answer = yield* post(line, type("text/plain"))
      assert.deepStrictEqual([answer.status, answer.headers["accept-post"]], [415, "application/json"])
      assert.strictEqual((yield* post(line, signed("msg_1"))).status, 415)
      assert.deepStrictEqual(told.reasons, ["Stored", "UnsupportedContentType", "UnsupportedContentType"])
    }))

  test("verifies with the current and the previous secret, and no longer with one that is gone", () =>
    Effect.gen(function* () {
      let secrets = [secret]
      const { line } = yield* open({ secrets: Effect.sync(() => secrets) })
      const third = Redacted.make("whsec_dGhpcmR0aGlyZHRoaXJkdGhpcmR0aGlyZHRoaXJkIQ==")
      const statuses = () =>
        Effect.forEach([secret, otherSecret, third], (key, index) =>
          Effect.map(post(line, signed(`msg_${secrets.length}_${index}`, body, key)), ({ status }) => status)
        )
      assert.deepStrictEqual(yield* statuses(), [200, 401, 401])
      secrets = [otherSecret, secret]
      assert.deepStrictEqual(yield* statuses(), [200, 200, 401])
      secrets = [third, otherSecret]
      assert.deepStrictEqual(yield* statuses(), [401, 200, 200])
    }))

  test("serves many sources under one path, each with its own scheme and secret", (told) =>
    Effect.gen(function* () {
      const github = SignatureScheme.make({
        id: "github",
        signature: SignatureScheme.singleHeader("X-Hub-Signature-256", { encoding: "hex", prefix: "sha256=" }),
        signedContent: "{body}",
        keys: [SignatureScheme.mac({ hash: "sha256" })],
        eventId: SignatureScheme.header("X-GitHub-Delivery"),
        docs: { url: "https://docs.github.com/webhooks", checked: "package" }
      })
      const sources = { acme: { scheme, secrets: secret }, git: { scheme: github, secrets: Redacted.make("hush") } }
      const { line } = yield* entrance
        .open({ path: "/hooks/:source", sources, onOutcome: told.observe })
        .pipe(Effect.flatMap((port) => Effect.map(RawHttp.open(port), (opened) => ({ line: opened }))))
      const gitHeaders = Result.getOrThrow(
        WebhookSigner.sign(github, { body: bytesOf(body), secret: Redacted.make("hush"), timestamp: now, id: "d_1" })
      )
      assert.strictEqual((yield* post(line, signed("msg_1"), body, "/hooks/acme")).status, 200)
      assert.strictEqual((yield* post(line, gitHeaders, body, "/hooks/git")).status, 200)
      assert.strictEqual((yield* post(line, signed("msg_2"), body, "/hooks/git")).status, 400)
      assert.strictEqual((yield* post(line, signed("msg_2"), body, "/hooks/nobody")).status, 404)
      assert.strictEqual((yield* post(line, signed("msg_2"), body, "/hooks/__proto__")).status, 404)
      assert.deepStrictEqual(
        told.outcomes.map(({ source }) => source),
        ["acme", "git", "git", "", ""]
      )
    }))

  test("verifies a tenant's events with the tenant's secret, and stores the same id for each tenant", (told) =>
    Effect.gen(function* () {
      const known = new Map([
        ["north", secret],
        ["süd/ost", otherSecret]
      ])
      const port = yield* entrance.open({
        path: "/hooks/:source/:tenant",
        onOutcome: told.observe,
        sources: { acme: { scheme, secrets: (tenant) => known.get(tenant) } }
      })
      const line = yield* RawHttp.open(port)
      const send = (tenant: string, key: Redacted.Redacted<string>) =>
        Effect.map(post(line, signed("msg_1", body, key), body, `/hooks/acme/${encodeURIComponent(tenant)}`), (raw) => [
          raw.status,
          raw.body
        ])
      assert.deepStrictEqual(yield* send("north", secret), [200, "stored"])
      assert.deepStrictEqual(yield* send("süd/ost", otherSecret), [200, "stored"])
      assert.deepStrictEqual(yield* send("north", secret), [200, "duplicate"])
      assert.deepStrictEqual(yield* send("north", otherSecret), [401, "unauthorized"])
      assert.deepStrictEqual(yield* send("nobody", secret), [401, "unauthorized"])
      const ids = yield* storedIds
      assert.deepStrictEqual(ids.map(WebhookReceiver.tenantOf), [
        { tenant: "north", id: "msg_1" },
        { tenant: "süd/ost", id: "msg_1" }
      ])
      assert.deepStrictEqual(told.reasons, ["Stored", "Stored", "Duplicate", "SignatureMismatch", "UnknownTenant"])
    }))

  test("shows no secret, signature or body in its answers, outcomes and log lines", (told) =>
    Effect.gen(function* () {
      const { line } = yield* open({ onOutcome: told.observe })
      const headers = signed("msg_1")
      const [, signature = ""] = headers.find(([name]) => name === "webhook-signature") ?? []
      const answers = [
        yield* post(line, headers),
        yield* post(line, headers),
        yield* post(line, headers, `${body} `),
        yield* post(line, signed("msg_2", body, otherSecret)),
        yield* post(line, [...headers, ["Webhook-Id", "msg_3"]]),
        yield* post(
          line,
          headers.map(([name, value]) => [name, `${value}${plantedSecret}`])
        )
      ]
      const seen = JSON.stringify([answers, told.outcomes, told.lines])
      assert.isAbove(told.lines.length, 2)
      for (const planted of [signature.slice(3), "planted-in-the-body", plantedSecret]) assert.notInclude(seen, planted)
    }))
}

describe.each(entrances)("a receiver behind $name", (entrance) => {
  suite(entrance)
})
