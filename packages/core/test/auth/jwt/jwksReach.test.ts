import { Jwks, Jwt, JwtKey, JwtVerifier } from "@causeway/core/auth"
import { AddressGuard } from "@causeway/core/crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"

describe("a key set", () => {
  const askedFor = (url: string, options?: Jwks.Options) =>
    Effect.gen(function* () {
      const guarded: Array<boolean> = []
      const client = HttpClient.make((request, _url, _signal, fiber) =>
        Effect.sync(() => {
          guarded.push(fiber.getRef(AddressGuard.PublicOnly))
          return HttpClientResponse.fromWeb(request, Response.json({ keys: [] }))
        })
      )
      const keys = yield* Effect.provideService(Jwks.make(url, options), HttpClient.HttpClient, client)
      const signing = yield* JwtKey.generate("ES256", { kid: "k" })
      const token = yield* Jwt.sign(signing, { iss: "https://as.example", aud: "a", lifetime: "5 minutes" })
      const rules = { keys, algorithms: ["ES256"], issuer: "https://as.example", audience: "a" } as const
      yield* Effect.flip(JwtVerifier.make(rules).verify(token))
      return guarded
    })

  it.effect("is fetched from public addresses alone, unless it is on this machine or allowPrivateNetworks is set", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* askedFor("https://as.example/jwks"), [true])
      assert.deepEqual(yield* askedFor("http://as.example/jwks", { allowInsecureRequests: true }), [true])
      assert.deepEqual(yield* askedFor("http://127.0.0.1:1/jwks", { allowInsecureRequests: true }), [false])
      for (const url of ["https://as.example/jwks", "https://127.0.0.1/jwks", "https://keys.internal/jwks"])
        assert.deepEqual(yield* askedFor(url, { allowPrivateNetworks: true }), [false])
    })
  )
})
