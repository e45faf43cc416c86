import { Inbox, SignatureScheme, type WebhookError, WebhookReceiver } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Config, Context, Effect, type Layer, Redacted } from "effect"
import type { HttpRouter } from "effect/http"
import { expectTypeOf } from "vitest"

const scheme = SignatureScheme.standardWebhooks
const secrets = Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA==")
const base = { source: "acme", scheme, secrets } as const

const certified = SignatureScheme.make({
  id: "certified",
  signature: SignatureScheme.singleHeader("X-Signature", { encoding: "base64" }),
  signedContent: "{secret}{body}",
  keys: [
    SignatureScheme.certificate({
      url: SignatureScheme.header("X-Cert-Url"),
      hosts: ["keys.example.com"],
      hash: "sha256"
    })
  ],
  docs: { url: "https://acme.example", checked: "documentation" }
})

class Database extends Context.Service<Database, { readonly secretOf: (tenant: string) => string }>()(
  "test/Database"
) {}

describe("an option that makes no sense fails where the receiver is made, and is named:", () => {
  const cases: ReadonlyArray<readonly [name: string, make: () => unknown, message: RegExp]> = [
    ["a size of zero", () => WebhookReceiver.make({ ...base, maxBodySize: 0 }), /maxBodySize is 0/],
    ["no time for the body", () => WebhookReceiver.make({ ...base, bodyTimeout: 0 }), /bodyTimeout is 0/],
    ["no time to store", () => WebhookReceiver.make({ ...base, storeTimeout: 0 }), /storeTimeout is 0/],
    ["no time for secrets", () => WebhookReceiver.make({ ...base, secretsTimeout: 0 }), /secretsTimeout is 0/],
    ["a path with an unknown parameter", () => WebhookReceiver.make({ ...base, path: "/:name" }), /path is "\/:name"/],
    ["a path that does not begin", () => WebhookReceiver.make({ ...base, path: "*" }), /path is "\*"/],
    ["no sources", () => WebhookReceiver.make({ sources: {} }), /sources is \{\}/],
    [
      "many sources under a path that names none",
      () => WebhookReceiver.make({ path: "/", sources: { a: { scheme, secrets }, b: { scheme, secrets } } }),
      /path is one without :source/
    ],
    ["a source without a name", () => WebhookReceiver.make({ ...base, source: "" }), /source is ""/],
    [
      "a URL that is none",
      () => WebhookReceiver.make({ ...base, publicUrl: "/hooks" }),
      /acme\.publicUrl is "\/hooks"/
    ],
    [
      "an origin with a query",
      () => WebhookReceiver.make({ ...base, publicOrigin: "https://a.example/hooks?a=1" }),
      /acme\.publicOrigin is "https:\/\/a\.example\/hooks\?a=1"/
    ],
    [
      "an origin that ends in a slash",
      () => WebhookReceiver.make({ ...base, publicOrigin: "https://a.example/hooks/" }),
      /acme\.publicOrigin is "https:\/\/a\.example\/hooks\/"/
    ],
    [
      "a media type that is none",
      () => WebhookReceiver.make({ ...base, contentTypes: ["json"] }),
      /acme\.contentTypes is "json"/
    ],
    [
      "an acknowledgement that is a refusal",
      () => WebhookReceiver.make({ ...base, acknowledgement: { status: 404 } }),
      /acme\.acknowledgement\.status is 404/
    ],
    [
      "a certificate's scheme without keys",
      () => WebhookReceiver.make({ ...base, scheme: certified }),
      /acme\.keys is missing/
    ]
  ]
  for (const [name, make, message] of cases) {
    it(name, () => {
      assert.throws(make, message)
    })
  }
})

describe("the acknowledgement", () => {
  it.effect("is what the provider wants, of events and of duplicates", () =>
    Effect.gen(function* () {
      const accepted = WebhookReceiver.handle({
        ...base,
        scheme: SignatureScheme.make({
          id: "tokens",
          signature: SignatureScheme.singleHeader("X-Token", { encoding: "utf8" }),
          signedContent: "",
          keys: [SignatureScheme.token()],
          docs: { url: "https://acme.example", checked: "documentation" }
        }),
        secrets: Redacted.make("token"),
        acknowledgement: { body: "[accepted]" }
      })
      const request = { method: "POST", url: "/", headers: [["X-Token", "token"]] as const, body: new Uint8Array(1) }
      const bodies = yield* Effect.forEach([request, request], accepted)
      assert.deepStrictEqual(
        bodies.map(({ body }) => body),
        ["[accepted]", "[accepted]"]
      )
    }).pipe(Effect.provide(Inbox.layerMemory))
  )
})

describe("the types of a receiver", () => {
  const secretsOf = (tenant: string) => Effect.map(Database, (database) => Redacted.make(database.secretOf(tenant)))

  it("ask for what the secrets of all sources need, and fail with what they fail with", () => {
    const route = WebhookReceiver.route({
      path: "/:source",
      sources: {
        acme: { scheme, secrets: Config.Redacted("SECRET") },
        umbrella: { scheme, secrets: Effect.flatMap(Database, () => Effect.succeed(secrets)) }
      }
    })
    expectTypeOf(route).toEqualTypeOf<
      Layer.Layer<never, Config.ConfigError | WebhookError.WebhookError, HttpRouter.HttpRouter | Database | Inbox.Inbox>
    >()
    const tenants = WebhookReceiver.make({ path: "/:tenant", source: "acme", scheme, secrets: secretsOf })
    expectTypeOf(tenants).toEqualTypeOf<WebhookReceiver.Receiver<never, Database | Inbox.Inbox>>()
  })

  it("ask for what onEvent needs in the place of the inbox", () => {
    const own = WebhookReceiver.make({ ...base, onEvent: ({ id }) => Effect.asVoid(Effect.map(Database, () => id)) })
    expectTypeOf(own).toEqualTypeOf<WebhookReceiver.Receiver<never, Database>>()
    const none = WebhookReceiver.make({ ...base, onEvent: () => Effect.void })
    expectTypeOf(none).toEqualTypeOf<WebhookReceiver.Receiver<never, never>>()
  })

  it("refuse options that there are none of", () => {
    // @ts-expect-error a misspelt option
    assert.throws(() => WebhookReceiver.make({ ...base, maxBodysize: 1 }), /did you mean "maxBodySize"/)
  })
})
