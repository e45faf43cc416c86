import {
  ClientAuthentication,
  type Credentials,
  Dpop,
  DpopProof,
  OAuth,
  OAuthClient,
  OAuthServer,
  Token,
  Tokens
} from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as jose from "jose"
import { createHash } from "node:crypto"
import { answering, endpoints, type Reply } from "./answering.ts"

class Bank extends Integration.Service<Bank>()("test/Bank", {
  baseUrl: "https://api.bank.example",
  endpoints: [
    Endpoint.get("balance", "/balance", { query: { of: Schema.String }, success: Schema.Int }),
    Endpoint.post("transfer", "/transfer", { success: Schema.Int })
  ],
  policy: { ...Policy.none, retry: Schedule.recurs(3) }
}) {}

const accessToken = Redacted.make("b0und-t0k3n")

const bound = Token.make({ accessToken, tokenType: "DPoP", obtainedAt: 0 })

interface Proof {
  readonly header: jose.ProtectedHeaderParameters
  readonly claims: jose.JWTPayload
}

/** A proof that holds by its own key, as jose judges it. */
const verified = (proof: string | undefined): Effect.Effect<Proof> =>
  Effect.promise(async () => {
    const { payload, protectedHeader } = await jose.compactVerify(proof ?? "", jose.EmbeddedJWK)
    return { header: protectedHeader, claims: JSON.parse(new TextDecoder().decode(payload)) }
  })

/** Uses the bank with a token, and gives what it was sent. */
const using = <A, E>(reply: Reply, use: (bank: Bank["Service"]) => Effect.Effect<A, E>, token: Token.Token = bound) =>
  Effect.gen(function* () {
    const http = answering(reply)
    const key = yield* DpopProof.generate()
    const stamp = Dpop.stamp(Dpop.make(key))
    const tokens: Tokens.Tokens = {
      token: Effect.succeed(token),
      refused: () => Effect.succeed(false),
      set: () => Effect.void,
      forget: Effect.succeed(undefined)
    }
    const credentials = Layer.succeed(Bank.credentials, Tokens.credentials(tokens, stamp))
    const live = Bank.layer.pipe(Layer.provide([credentials, Layer.succeed(HttpClient.HttpClient, http.client)]))
    const outcome = yield* Effect.exit(Effect.provide(Effect.flatMap(Bank, use), live))
    const proofs = yield* Effect.forEach(http.requests, ({ headers }) => verified(headers["dpop"]))
    return { outcome, proofs, requests: http.requests, key }
  })

const wanting = (nonce: string) =>
  new Response(null, {
    status: 401,
    headers: { "dpop-nonce": nonce, "www-authenticate": 'DPoP error="use_dpop_nonce", error_description="x"' }
  })

describe("a request with a bound token", () => {
  it.effect("has a proof of its own at each attempt, for this method, place and token", () =>
    Effect.gen(function* () {
      const { key, proofs, requests } = yield* using(
        (_, number) => (number < 3 ? new Response("busy", { status: 503 }) : Response.json(42)),
        (bank) => bank.balance({ query: { of: "alice" } })
      )
      assert.strictEqual(new Set(proofs.map(({ claims }) => claims.jti)).size, 3)
      for (const { claims, header } of proofs) {
        const { iat: _, jti: __, ...said } = claims
        assert.deepStrictEqual(said, {
          htm: "GET",
          htu: "https://api.bank.example/balance",
          ath: createHash("sha256").update("b0und-t0k3n").digest("base64url")
        })
        assert.strictEqual(header.typ, "dpop+jwt")
        assert.strictEqual(yield* Effect.promise(() => jose.calculateJwkThumbprint(header.jwk ?? {})), key.jkt)
      }
      assert.deepStrictEqual(
        new Set(requests.map(({ headers }) => headers["authorization"])),
        new Set(["DPoP b0und-t0k3n"])
      )
    })
  )

  it.effect("is made once more with the nonce that the server wants, and the next one begins with it", () =>
    Effect.gen(function* () {
      const { proofs } = yield* using(
        (_, number) =>
          number === 1 ? wanting("n1") : Response.json(42, { headers: number === 2 ? { "dpop-nonce": "n2" } : {} }),
        (bank) => Effect.andThen(bank.transfer(), bank.transfer())
      )
      assert.deepStrictEqual(
        proofs.map(({ claims }) => claims["nonce"]),
        [undefined, "n1", "n2"]
      )
    })
  )

  it.effect("is not made over and over for a server that is never content", () =>
    Effect.gen(function* () {
      const { outcome, proofs } = yield* using(
        (_, number) => wanting(`n${number}`),
        (bank) => bank.transfer()
      )
      assert.strictEqual(outcome._tag, "Failure")
      assert.strictEqual(proofs.length, 2)
    })
  )

  it.effect("takes no nonce that no header can carry", () =>
    Effect.gen(function* () {
      const { proofs } = yield* using(
        (_, number) => (number === 1 ? wanting('n"1') : Response.json(42)),
        (bank) => bank.transfer()
      )
      assert.deepStrictEqual(
        proofs.map(({ claims }) => claims["nonce"]),
        [undefined]
      )
    })
  )

  for (const token of [
    { ...bound, tokenType: "Bearer" },
    { ...bound, accessToken: Redacted.make("") }
  ]) {
    it.effect(
      `is not sent with a ${token.tokenType} token of ${Redacted.value(token.accessToken).length} characters`,
      () =>
        Effect.gen(function* () {
          const { outcome, requests } = yield* using(
            () => Response.json(42),
            (bank) => bank.transfer(),
            token
          )
          assert.strictEqual(outcome._tag, "Failure")
          assert.strictEqual(requests.length, 0)
        })
    )
  }
})

describe("a token endpoint that wants proofs", () => {
  const asking = (reply: Reply) =>
    Effect.gen(function* () {
      const http = answering(reply)
      const dpop = Dpop.make(yield* DpopProof.generate())
      const client = yield* OAuthClient.make({
        integration: Bank,
        server: OAuthServer.make(endpoints),
        clientId: "c4us3w4y",
        authentication: ClientAuthentication.none,
        policy: { retry: null },
        dpop
      }).pipe(Effect.provideService(HttpClient.HttpClient, http.client))
      const held = Token.make({ accessToken, refreshToken: Redacted.make("r"), obtainedAt: 0 })
      const outcome = yield* Effect.exit(OAuth.refresh(client, held))
      const proofs = yield* Effect.forEach(http.requests, ({ headers }) => verified(headers["dpop"]))
      return { outcome, proofs }
    }).pipe(Effect.scoped)

  const refusing = (nonce?: string) =>
    Response.json(
      { error: "use_dpop_nonce" },
      { status: 400, headers: nonce === undefined ? {} : { "dpop-nonce": nonce } }
    )

  it.effect("is asked once more with its nonce, even for a refresh: it has done nothing yet", () =>
    Effect.gen(function* () {
      const { outcome, proofs } = yield* asking((_, number) =>
        number === 1 ? refusing("n1") : Response.json({ access_token: "b", token_type: "dpop" })
      )
      assert.strictEqual(outcome._tag === "Success" && outcome.value.tokenType, "DPoP")
      assert.deepStrictEqual(
        proofs.map(({ claims }) => [claims["htm"], claims["htu"], claims["nonce"], claims["ath"]]),
        [
          ["POST", endpoints.tokenEndpoint, undefined, undefined],
          ["POST", endpoints.tokenEndpoint, "n1", undefined]
        ]
      )
    })
  )

  it.effect("is not asked over and over, nor again without a nonce", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* asking((_, number) => refusing(`n${number}`))).proofs.length, 2)
      assert.strictEqual((yield* asking(() => refusing())).proofs.length, 1)
    })
  )
})

describe("Credentials of bound tokens", () => {
  it.effect("share answers by the token, not by the proof", () =>
    Effect.gen(function* () {
      const stamp = Dpop.stamp(Dpop.make(yield* DpopProof.generate()))
      const request = HttpClientRequest.get("https://api.bank.example/balance")
      const authorized: Credentials.Authorized = yield* stamp(request, bound)
      assert.deepStrictEqual(authorized.identity, [accessToken])
      assert.strictEqual(authorized.secrets.length, 2)
    })
  )
})
