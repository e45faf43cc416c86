import { Inbox, SignatureScheme, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, Redacted, Result } from "effect"
import { TestClock } from "effect/testing"
import type * as Crypto from "node:crypto"
import { generateKeyPairSync, randomBytes } from "node:crypto"
import { beforeEach, vi } from "vitest"

/** What was computed: each call of a function of Node's that makes, checks or compares a signature. */
const work = vi.hoisted(() => ({ calls: [] as Array<string> }))

// Nothing is replaced: the functions are Node's own, and their calls are written down.
vi.mock("node:crypto", async (importOriginal) => {
  const original = await importOriginal<typeof Crypto>()
  const counted =
    <A extends ReadonlyArray<never>, B>(name: string, call: (...args: A) => B) =>
    (...args: A): B => {
      work.calls.push(name)
      return call(...args)
    }
  return {
    ...original,
    createHmac: counted("createHmac", original.createHmac),
    createHash: counted("createHash", original.createHash),
    verify: counted("verify", original.verify as (...args: ReadonlyArray<never>) => unknown),
    timingSafeEqual: counted("timingSafeEqual", original.timingSafeEqual)
  }
})

const now = 1_764_000_000_000
const body = new TextEncoder().encode('{"id":"evt_1","type":"invoice.paid"}')
const docs = { url: "https://acme.example", checked: "documentation" } as const

interface Family {
  readonly name: string
  readonly scheme: SignatureScheme.SignatureScheme
  /** A new secret to verify with, and the one to sign with. */
  readonly make: () => readonly [verifying: string, signing: string]
}

const twice = (secret: string) => [secret, secret] as const

const whsec = () => twice(`whsec_${randomBytes(24).toString("base64")}`)

const pair = (type: "ec" | "rsa") => {
  const { privateKey, publicKey } =
    type === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 })
  const der = { format: "der" } as const
  return [
    publicKey.export({ ...der, type: "spki" }).toString("base64"),
    privateKey.export({ ...der, type: "pkcs8" }).toString("base64")
  ] as const
}

const header = SignatureScheme.singleHeader("X-Signature", { encoding: "base64" })

const families: ReadonlyArray<Family> = [
  { name: "standard webhooks", scheme: SignatureScheme.standardWebhooks, make: whsec },
  {
    name: "an HMAC of the body",
    scheme: SignatureScheme.make({
      id: "plain",
      signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex" }),
      signedContent: "{body}",
      keys: [SignatureScheme.mac({ hash: "sha256" })],
      docs
    }),
    make: () => twice(randomBytes(16).toString("hex"))
  },
  {
    name: "a hash with the secret inside",
    scheme: SignatureScheme.make({
      id: "hashed",
      signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex" }),
      signedContent: "{secret}{body}",
      keys: [SignatureScheme.digest({ hash: "sha256" })],
      docs
    }),
    make: () => twice(randomBytes(16).toString("hex"))
  },
  {
    name: "a shared token",
    scheme: SignatureScheme.make({
      id: "tokens",
      signature: SignatureScheme.singleHeader("X-Token", { encoding: "utf8" }),
      signedContent: "",
      keys: [SignatureScheme.token()],
      docs
    }),
    make: () => twice(randomBytes(16).toString("hex"))
  },
  {
    name: "ECDSA",
    scheme: SignatureScheme.make({
      id: "ecdsa",
      signature: header,
      signedContent: "{body}",
      keys: [SignatureScheme.ecdsa()],
      docs
    }),
    make: () => pair("ec")
  },
  {
    name: "RSA",
    scheme: SignatureScheme.make({
      id: "rsa",
      signature: header,
      signedContent: "{body}",
      keys: [SignatureScheme.rsa({ hash: "sha256" })],
      docs
    }),
    make: () => pair("rsa")
  }
]

const quiet = <A, E>(program: Effect.Effect<A, E, Inbox.Inbox>) =>
  Effect.andThen(TestClock.setTime(now), program).pipe(
    Effect.provide(Inbox.layerMemory),
    Effect.provide(Logger.layer([]))
  )

describe.each(families)("under $name,", ({ make, scheme }) => {
  const [one, two, three] = [make(), make(), make()]
  const secretsOf: Readonly<Record<string, ReadonlyArray<Redacted.Redacted<string>>>> = {
    single: [Redacted.make(one[0])],
    rotating: [Redacted.make(two[0]), Redacted.make(one[0])]
  }
  const reasons: Array<string> = []
  const receive = WebhookReceiver.handle({
    path: "/hooks/:tenant",
    source: "acme",
    scheme,
    secrets: (tenant) => (Object.hasOwn(secretsOf, tenant) ? secretsOf[tenant] : undefined),
    onOutcome: (outcome) => Effect.sync(() => reasons.push(outcome._tag === "Refused" ? outcome.reason : outcome._tag))
  })

  const send = (tenant: string, [, signing]: readonly [string, string]) => {
    const options = { body, secret: Redacted.make(signing), timestamp: now, id: "msg_1" }
    const headers = Result.getOrThrow(WebhookSigner.sign(scheme, options))
    return Effect.suspend(() => {
      work.calls = []
      return receive({ method: "POST", url: `/hooks/${tenant}`, headers, body })
    })
  }

  beforeEach(() => {
    reasons.length = 0
  })

  it.effect("an unknown tenant is answered as a wrong signature is, after the same work", () =>
    quiet(
      Effect.gen(function* () {
        const seen: Array<unknown> = []
        for (const tenant of ["single", "rotating", "nobody", "constructor"]) {
          // The first request makes the keys.
          yield* send(tenant, three)
          const answer = yield* send(tenant, three)
          seen.push([answer, [...work.calls]])
        }
        assert.isNotEmpty(work.calls)
        assert.deepStrictEqual(seen, [seen[0], seen[0], seen[0], seen[0]])
        assert.strictEqual((yield* send("nobody", three)).status, 401)
        assert.deepStrictEqual(new Set(reasons), new Set(["SignatureMismatch", "UnknownTenant"]))
      })
    )
  )

  it.effect("a tenant's own secrets are accepted, and no other's", () =>
    quiet(
      Effect.gen(function* () {
        const statuses: Array<number> = []
        for (const [tenant, key] of [
          ["single", one],
          ["single", two],
          ["rotating", one],
          ["rotating", two]
        ] as const) {
          statuses.push((yield* send(tenant, key)).status)
        }
        assert.deepStrictEqual(statuses, [200, 401, 200, 200])
      })
    )
  )
})

describe("a receiver with tenants", () => {
  const scheme = SignatureScheme.standardWebhooks
  const secret = Redacted.make(whsec()[0])

  it("asks for a function of the tenant where the path has one, and only there", () => {
    const base = { source: "acme", scheme }
    assert.throws(() => WebhookReceiver.make({ ...base, secrets: secret, path: "/:tenant" }), /acme\.secrets.*function/)
    assert.throws(
      () => WebhookReceiver.make({ ...base, secrets: () => secret, path: "/" }),
      /acme\.secrets.*no :tenant/
    )
  })

  it.effect("keeps the events of tenants apart that have no id of their own", () =>
    quiet(
      Effect.gen(function* () {
        const family = families[1]
        assert.isDefined(family)
        const [verifying, signing] = family.make()
        const receive = WebhookReceiver.handle({
          path: "/:tenant",
          source: "acme",
          scheme: family.scheme,
          secrets: () => Redacted.make(verifying)
        })
        const options = { body, secret: Redacted.make(signing), timestamp: now }
        const headers = Result.getOrThrow(WebhookSigner.sign(family.scheme, options))
        const bodies: Array<string> = []
        for (const tenant of ["a", "b", "a"]) {
          bodies.push((yield* receive({ method: "POST", url: `/${tenant}`, headers, body })).body)
        }
        assert.deepStrictEqual(bodies, ["stored", "stored", "duplicate"])
        const events = yield* Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())
        assert.deepStrictEqual(
          events.map(({ id }) => WebhookReceiver.tenantOf(id)?.tenant),
          ["a", "b"]
        )
      })
    )
  )

  it.effect("answers 503 when the tenant can't be looked up, or that takes too long", () =>
    quiet(
      Effect.gen(function* () {
        const receive = WebhookReceiver.handle({
          path: "/:tenant",
          source: "acme",
          scheme,
          secretsTimeout: "1 second",
          secrets: (tenant) => (tenant === "slow" ? Effect.never : Effect.fail("the database is down"))
        })
        const ask = (tenant: string) => receive({ method: "POST", url: `/${tenant}`, headers: [], body })
        assert.strictEqual((yield* ask("broken")).status, 503)
        const slow = yield* Effect.forkChild(ask("slow"))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(slow)).status, 503)
      })
    )
  )

  it("takes ids apart that it has made, and no others", () => {
    assert.deepStrictEqual(WebhookReceiver.tenantOf("s%C3%BCd%2Fost/evt/1"), { tenant: "süd/ost", id: "evt/1" })
    for (const id of ["evt_1", "/evt_1", "%/evt_1", ""]) assert.isUndefined(WebhookReceiver.tenantOf(id))
  })
})
