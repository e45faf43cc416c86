/** Tokens that are bound to a key or a certificate, at a server that verifies it. */
import { BearerAuth, DpopProof, Jwt, JwtKey, JwtVerifier } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSecurity
} from "effect/http-api"
import { TestClock } from "effect/testing"
import { X509Certificate } from "node:crypto"
import { secretText } from "./keys.ts"
import { serving } from "./serving.ts"

const baseUrl = "https://api.example"
const url = `${baseUrl}/orders/1`

class Caller extends Context.Service<Caller, { readonly sub: string }>()("test/Caller") {}

const verifier = Effect.map(JwtKey.verifying(secretText, { alg: "HS256" }), (keys) =>
  JwtVerifier.make({
    keys,
    algorithms: ["HS256"],
    issuer: "https://as.example",
    audience: baseUrl,
    claims: Schema.Struct({ sub: Schema.String })
  })
)

const tokenWith = (claims: Readonly<Record<string, Schema.Json>>) =>
  Effect.gen(function* () {
    const key = yield* JwtKey.signing(secretText, { alg: "HS256" })
    return yield* Jwt.sign(key, { iss: "https://as.example", aud: baseUrl, sub: "ada", lifetime: "1 hour", claims })
  })

interface Sent {
  readonly method?: string
  readonly url?: string
  readonly headers: Readonly<Record<string, string>>
}

/** Asks one server, as it would be asked by any client. */
const serverWith = (options: BearerAuth.Options) =>
  Effect.map(verifier, (verifier) => {
    const app = BearerAuth.middleware(
      Caller,
      verifier,
      options
    )(Effect.map(Caller, ({ sub }) => HttpServerResponse.text(sub)))
    return ({ headers, method = "GET", url: at = url }: Sent) =>
      Effect.provideService(
        app,
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromWeb(new Request(at, { method, headers }))
      ).pipe(
        Effect.map(({ headers, status }) => ({
          status,
          challenge: headers["www-authenticate"] ?? "",
          retryAfter: headers["retry-after"]
        }))
      )
  })

/** A client with a key, and a token that is bound to it. */
const client = Effect.gen(function* () {
  const key = yield* DpopProof.generate()
  const accessToken = yield* tokenWith({ cnf: { jkt: key.jkt } })
  const withProof = (proof: Redacted.Redacted<string> | string, scheme = "DPoP") => ({
    authorization: `${scheme} ${Redacted.value(accessToken)}`,
    dpop: typeof proof === "string" ? proof : Redacted.value(proof)
  })
  const signed = (input: Partial<DpopProof.Input> = {}) =>
    DpopProof.make(key, { method: "GET", url, accessToken, ...input })
  return { key, accessToken, signed, withProof }
})

const badProof = (answer: { readonly status: number; readonly challenge: string }) => {
  assert.strictEqual(answer.status, 401)
  assert.match(answer.challenge, /^DPoP error="invalid_dpop_proof", error_description="[^"]+", algs="[^"]*ES256/)
}

const invalidToken = (answer: { readonly status: number; readonly challenge: string }) => {
  assert.strictEqual(answer.status, 401)
  assert.include(answer.challenge, 'error="invalid_token"')
}

describe("a server that verifies proofs of DPoP", () => {
  it.effect("lets in who proves the key of its token, by the scheme DPoP in any case", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const { signed, withProof } = yield* client
      for (const scheme of ["DPoP", "dpop", "DPOP"])
        assert.strictEqual((yield* ask({ headers: withProof(yield* signed(), scheme) })).status, 200)
    })
  )

  it.effect("offers the scheme beside Bearer to who brings nothing", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl, algorithms: ["ES256", "EdDSA"] }, realm: "orders" })
      assert.deepInclude(yield* ask({ headers: {} }), {
        status: 401,
        challenge: 'Bearer realm="orders", DPoP algs="ES256 EdDSA"'
      })
    })
  )

  it.effect("lets in who brings a token that is not bound as a bearer token, and not by the scheme DPoP", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const accessToken = yield* tokenWith({})
      const { signed } = yield* client
      const token = Redacted.value(accessToken)
      assert.strictEqual((yield* ask({ headers: { authorization: `Bearer ${token}` } })).status, 200)
      const dpop = Redacted.value(yield* signed({ accessToken }))
      invalidToken(yield* ask({ headers: { authorization: `DPoP ${token}`, dpop } }))
    })
  )

  it.effect("refuses a bound token as a bearer token, also with a proof", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const { signed, withProof } = yield* client
      const answer = yield* ask({ headers: withProof(yield* signed(), "Bearer") })
      invalidToken(answer)
      assert.match(answer.challenge, /^Bearer error=.*, DPoP algs="/)
    })
  )

  it.effect("refuses the key of another, and a token that is bound to more than the key", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const [me, other] = [yield* client, yield* client]
      const stolen = yield* DpopProof.make(other.key, { method: "GET", url, accessToken: me.accessToken })
      badProof(yield* ask({ headers: me.withProof(stolen) }))
      const accessToken = yield* tokenWith({ cnf: { jkt: me.key.jkt, "x5t#S256": "a" } })
      const dpop = Redacted.value(yield* me.signed({ accessToken }))
      invalidToken(yield* ask({ headers: { authorization: `DPoP ${Redacted.value(accessToken)}`, dpop } }))
    })
  )

  it.effect("refuses a proof that is missing, given twice, or for another request or token", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const { accessToken, signed, withProof } = yield* client
      const { authorization } = withProof("")
      badProof(yield* ask({ headers: { authorization } }))
      badProof(yield* ask({ headers: withProof("") }))
      badProof(yield* ask({ headers: withProof("a.b.c") }))
      badProof(yield* ask({ headers: withProof(Redacted.value(accessToken)) }))
      const [one, two] = [Redacted.value(yield* signed()), Redacted.value(yield* signed())]
      for (const both of [`${one}, ${two}`, `${one},${two}`, `${one} ${two}`])
        badProof(yield* ask({ headers: withProof(both) }))
      for (const input of [
        { method: "POST" },
        { method: "get" },
        { url: `${baseUrl}/orders/2` },
        { url: `${baseUrl}/orders/1/` },
        { url: "http://api.example/orders/1" },
        { url: "https://other.example/orders/1" },
        { url: "https://api.example:8443/orders/1" },
        { accessToken: undefined },
        { accessToken: Redacted.make("another") }
      ]) {
        badProof(yield* ask({ headers: withProof(yield* signed(input)) }))
      }
    })
  )

  it.effect("takes all forms of a URL that are equivalent, and looks at no query", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const { signed, withProof } = yield* client
      const at = `${baseUrl}/o%7erders/a%2fb?page=2`
      for (const same of [
        "https://api.example/o~rders/a%2Fb",
        "HTTPS://API.EXAMPLE:443/%6f~rders/./a%2fb",
        "https://api.example/o~rders/a%2Fb?page=3#x"
      ]) {
        assert.strictEqual(
          (yield* ask({ url: at, headers: withProof(yield* signed({ url: same })) })).status,
          200,
          same
        )
      }
      badProof(yield* ask({ url: at, headers: withProof(yield* signed({ url: `${baseUrl}/o~rders/a/b` })) }))
    })
  )

  it.effect("puts its own address in front of the path, whatever the request says of its host", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl: "https://public.example/v1/" } })
      const { signed, withProof } = yield* client
      const at = "http://inside.example:8080/orders/1"
      const own = yield* signed({ url: "https://public.example/v1/orders/1" })
      assert.strictEqual((yield* ask({ url: at, headers: withProof(own) })).status, 200)
      badProof(yield* ask({ url: at, headers: withProof(yield* signed({ url: at })) }))
    })
  )

  it.effect("takes a proof within its time, and none that is older or made later", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000_000)
      const ask = yield* serverWith({ dpop: { baseUrl, maxAge: "1 minute", tolerance: "10 seconds" } })
      const { signed, withProof } = yield* client
      const [early, late] = [withProof(yield* signed()), withProof(yield* signed())]
      yield* TestClock.adjust("69 seconds")
      assert.strictEqual((yield* ask({ headers: early })).status, 200)
      yield* TestClock.adjust("1 second")
      badProof(yield* ask({ headers: late }))
      yield* TestClock.adjust("11 seconds")
      const ahead = withProof(yield* signed())
      yield* TestClock.setTime(1_000_000_000 + 70_000)
      badProof(yield* ask({ headers: ahead }))
    })
  )

  it.effect("refuses an algorithm that it does not name", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl, algorithms: ["EdDSA"] } })
      const { signed, withProof } = yield* client
      const answer = yield* ask({ headers: withProof(yield* signed()) })
      assert.include(answer.challenge, 'DPoP error="invalid_dpop_proof"')
    })
  )
})

describe("a proof that was used before", () => {
  it.effect("is refused for as long as it would be valid", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl } })
      const { signed, withProof } = yield* client
      const headers = withProof(yield* signed())
      assert.strictEqual((yield* ask({ headers })).status, 200)
      for (let seconds = 0; seconds < 200; seconds += 10) {
        badProof(yield* ask({ headers }))
        yield* TestClock.adjust("10 seconds")
      }
    })
  )

  it.effect("is not remembered when the proof or the token was refused", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl, mostRemembered: 1 } })
      const { signed, withProof } = yield* client
      badProof(yield* ask({ headers: withProof(yield* signed({ method: "POST" })) }))
      const headers = withProof(yield* signed())
      assert.strictEqual((yield* ask({ headers: { ...headers, authorization: "DPoP nonsense" } })).status, 401)
      assert.strictEqual((yield* ask({ headers })).status, 200)
    })
  )

  it.effect("makes room only when its time has passed: until then, new ones are answered with 503", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl, mostRemembered: 2 } })
      const { signed, withProof } = yield* client
      const used = withProof(yield* signed())
      for (const headers of [used, withProof(yield* signed())])
        assert.strictEqual((yield* ask({ headers })).status, 200)
      assert.deepInclude(yield* ask({ headers: withProof(yield* signed()) }), { status: 503, retryAfter: "120" })
      badProof(yield* ask({ headers: used }))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* ask({ headers: withProof(yield* signed()) })).status, 200)
    })
  )

  it.effect("is found where the program remembers it, and a failure there is answered with 503", () =>
    Effect.gen(function* () {
      const asked: Array<readonly [string, number]> = []
      let answer: Effect.Effect<boolean, string> = Effect.succeed(true)
      const remember = (id: string, until: number) => {
        asked.push([id, until])
        return answer
      }
      const ask = yield* serverWith({ dpop: { baseUrl, remember } })
      const { signed, withProof } = yield* client
      const headers = withProof(yield* signed())
      assert.strictEqual((yield* ask({ headers })).status, 200)
      answer = Effect.succeed(false)
      badProof(yield* ask({ headers }))
      answer = Effect.fail("down")
      assert.strictEqual((yield* ask({ headers })).status, 503)
      assert.deepEqual(new Set(asked.map(([id]) => id)).size, 1)
      assert.match(asked[0]?.[0] ?? "", /^[\w-]{43}$/)
      assert.strictEqual(asked[0]?.[1], 90_000)
    })
  )
})

const certificate = `-----BEGIN CERTIFICATE-----
MIIBiTCCAS+gAwIBAgIUI4b6evopE1qx8Ms9PedeyJx/CtwwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOY2xpZW50LmV4YW1wbGUwIBcNMjYxMjAxMDUzOTQzWhgPMjEy
NjExMDcwNTM5NDNaMBkxFzAVBgNVBAMMDmNsaWVudC5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEKCiXydNEQmDouVabg2wlOOv+jak3mv3xq3C4+ih4
Ta1bwShoRW2gRCldj7zsfd17DSdIAjeyXpBzvnGH/wi1fKNTMFEwHQYDVR0OBBYE
FAYN0BOuVcicg1fo9nB3KMxi2FEyMB8GA1UdIwQYMBaAFAYN0BOuVcicg1fo9nB3
KMxi2FEyMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhANmfy05s
A0xkmvBEAPAKZR8raCpCgr/4agQCNiOpxy4NAiBRmQKfQMkI9XraZ+n1XQ0RmJAy
Q7WGLqeqFhqfcbgE3Q==
-----END CERTIFICATE-----`

const otherCertificate = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS2gAwIBAgIUXG27LGiSy/pQfh3s9L50K8wJklAwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNb3RoZXIuZXhhbXBsZTAgFw0yNjEyMDEwNTM5NDNaGA8yMTI2
MTEwNzA1Mzk0M1owGDEWMBQGA1UEAwwNb3RoZXIuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABP9aolRQW/bSiwBhseo0YkTHy6uJf2HpsXBrerMvzMhN
TkljeIRrse5Pq4CJVOxcckBX/FpCh/PlNkUkZndtodGjUzBRMB0GA1UdDgQWBBQ2
IwQug0lY6Z2OXLkaiRZcuzIwKjAfBgNVHSMEGDAWgBQ2IwQug0lY6Z2OXLkaiRZc
uzIwKjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCY4AeYgaiY
NFGyBJ0GfauBBRa/m2tpr6qPP4G+Eq9FQAIhAMc/L8G9FmJiYGvDz12We1KcHvGD
OOMCnLybqJB76Y9k
-----END CERTIFICATE-----`

const { fingerprint256, raw } = new X509Certificate(certificate)
const thumbprint = Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url")

describe("a server that reads the certificate of the connection", () => {
  const askedWith = (read: BearerAuth.ClientCertificate, cnf: Schema.Json) =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ clientCertificate: read })
      const token = Redacted.value(yield* tokenWith({ cnf }))
      return yield* ask({ headers: { authorization: `Bearer ${token}` } })
    })

  it.effect("accepts a token with the certificate it is bound to, in PEM or DER", () =>
    Effect.gen(function* () {
      const cnf = { "x5t#S256": thumbprint }
      for (const form of [certificate, raw, new Uint8Array(raw), `${certificate}\n${otherCertificate}`])
        assert.strictEqual((yield* askedWith(() => form, cnf)).status, 200)
    })
  )

  it.effect("refuses a bound token without its certificate, with another one, or with an unreadable one", () =>
    Effect.gen(function* () {
      const cnf = { "x5t#S256": thumbprint }
      for (const form of [undefined, otherCertificate, "", "nonsense", new Uint8Array()])
        invalidToken(yield* askedWith(() => form, cnf))
    })
  )

  it.effect("refuses a token that is bound to something else as well, or in another form", () =>
    Effect.gen(function* () {
      for (const cnf of [
        { "x5t#S256": thumbprint, jkt: "a" },
        { "x5t#S256": thumbprint, kid: "a" },
        { "x5t#S256": [thumbprint] },
        { "x5t#S256": thumbprint.slice(1) },
        { "x5t#S256": "" },
        { x5t: thumbprint }
      ]) {
        invalidToken(yield* askedWith(() => certificate, cnf))
      }
    })
  )

  it.effect("lets in who proves both, where a token is bound to a key and to a certificate", () =>
    Effect.gen(function* () {
      const ask = yield* serverWith({ dpop: { baseUrl }, clientCertificate: () => certificate })
      const key = yield* DpopProof.generate()
      const accessToken = yield* tokenWith({ cnf: { jkt: key.jkt, "x5t#S256": thumbprint } })
      const dpop = Redacted.value(yield* DpopProof.make(key, { method: "GET", url, accessToken }))
      const headers = { authorization: `DPoP ${Redacted.value(accessToken)}`, dpop }
      assert.strictEqual((yield* ask({ headers })).status, 200)
    })
  )
})

class Authenticated extends HttpApiMiddleware.Service<Authenticated, { provides: Caller }>()("test/Authenticated", {
  security: { bearer: HttpApiSecurity.bearer },
  error: BearerAuth.errors
}) {}

const api = HttpApi.make("api").add(
  HttpApiGroup.make("orders")
    .add(HttpApiEndpoint.get("one", "/orders/1", { success: Schema.String }))
    .middleware(Authenticated)
)

describe("an HttpApi behind the middleware", () => {
  it.effect("takes both schemes by its one security, and proofs as any server does", () =>
    Effect.gen(function* () {
      const routes = HttpApiBuilder.layer(api).pipe(
        Layer.provide(
          HttpApiBuilder.group(api, "orders", (group) =>
            group.handle("one", () => Effect.map(Caller, ({ sub }) => sub))
          )
        ),
        Layer.provide(BearerAuth.layer(Authenticated, Caller, verifier, { dpop: { baseUrl } })),
        Layer.provide(HttpServer.layerServices)
      )
      const get = yield* serving(routes)
      const ask = (headers: Readonly<Record<string, string>>) =>
        Effect.map(get("/orders/1?page=2", headers), (answer) => ({ ...answer, challenge: answer.challenge ?? "" }))
      const plain = Redacted.value(yield* tokenWith({}))
      assert.strictEqual((yield* ask({ authorization: `Bearer ${plain}` })).status, 200)
      const { accessToken, signed, withProof } = yield* client
      const proven = withProof(yield* signed())
      assert.deepInclude(yield* ask(proven), { status: 200, body: '"ada"' })
      badProof(yield* ask(proven))
      badProof(yield* ask(withProof("a.b.c")))
      invalidToken(yield* ask({ authorization: `Bearer ${Redacted.value(accessToken)}` }))
      assert.match((yield* ask({})).challenge, /^Bearer, DPoP algs="/)
    })
  )
})

describe("an option of DPoP that makes no sense is refused where the middleware is made", () => {
  const cases: ReadonlyArray<readonly [string, BearerAuth.DpopOptions]> = [
    ["bearerAuth.dpop.baseUrl", { baseUrl: "" }],
    ["bearerAuth.dpop.baseUrl", { baseUrl: "/v1" }],
    ["bearerAuth.dpop.baseUrl", { baseUrl: "ftp://api.example" }],
    ["bearerAuth.dpop.baseUrl", { baseUrl: "https://api.example?x=1" }],
    ["bearerAuth.dpop.baseUrl", { baseUrl: "https://u:p@api.example" }],
    ["bearerAuth.dpop.maxAge", { baseUrl, maxAge: 0 }],
    ["bearerAuth.dpop.tolerance", { baseUrl, tolerance: -1 }],
    ["bearerAuth.dpop.mostRemembered", { baseUrl, mostRemembered: 0 }],
    ["bearerAuth.dpop.algorithms", { baseUrl, algorithms: [] }],
    ["bearerAuth.dpop.algorithms[0]", { baseUrl, algorithms: ["HS256"] }]
  ]
  for (const [option, dpop] of cases) {
    it.effect(`${option} of ${JSON.stringify(dpop)}`, () =>
      Effect.gen(function* () {
        const made = yield* verifier
        const make = () => BearerAuth.middleware(Caller, made, { dpop })
        const error = yield* Effect.flip(Effect.try({ try: make, catch: (error) => error }))
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual(error.option, option)
      })
    )
  }
})
