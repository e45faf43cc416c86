/**
 * Tokens that are bound to a key, asked for and used with a proof of it: a token that is stolen is worth nothing alone.
 *
 * **When to use**
 *
 * Where an authorization server supports DPoP. Give what {@link make} makes to `OAuthClient.make` as `dpop`, and its
 * {@link stamp} to `Tokens.layer`.
 *
 * **Details**
 *
 * Every attempt, at the token endpoint and at the API, has a proof of its own, with the nonce that its server gave last. A
 * server that wants another nonce is asked once more with that one.
 *
 * **Gotchas**
 *
 * A public client's refresh token is bound to the key as well: keep the key as long as the token (`JwtKey.toSecret`), or
 * the person has to log in again. {@link stamp} refuses a token that is not bound, because the server has then ignored the
 * proof: say `Tokens.byType` where that is meant.
 *
 * **Example** (An API that wants bound tokens)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import {
 *   ClientAuthentication,
 *   Dpop,
 *   DpopProof,
 *   OAuth,
 *   OAuthClient,
 *   OAuthServer,
 *   TokenLease,
 *   TokenStore,
 *   Tokens
 * } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Bank extends Integration.Service<Bank>()("app/Bank", {
 *   baseUrl: "https://api.bank.example",
 *   endpoints: [Endpoint.get("accounts", "/accounts", { success: Schema.Unknown })]
 * }) {}
 *
 * const credentials = Effect.gen(function* () {
 *   const dpop = Dpop.make(yield* DpopProof.generate())
 *   const client = yield* OAuthClient.make({
 *     integration: Bank,
 *     server: OAuthServer.make({ tokenEndpoint: "https://login.bank.example/token" }),
 *     clientId: "c4us3w4y",
 *     authentication: ClientAuthentication.mutualTls,
 *     dpop
 *   })
 *   return Tokens.layer(Bank, OAuth.clientCredentials(client), { stamp: Dpop.stamp(dpop) })
 * })
 * const live = Bank.layer.pipe(
 *   Layer.provide(Layer.unwrap(credentials)),
 *   Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449
 * @since 0.1.0
 */
import { Effect, Redacted } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { CredentialsUnavailable } from "./Credentials.ts"
import type { DpopKey } from "./DpopProof.ts"
import { DpopProver, DpopTypeId } from "./internal/oauth/DpopProver.ts"
import { textOf } from "./internal/tokens/textOf.ts"
import type { Stamp } from "./Tokens.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * A key, and the nonces that servers want in its proofs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dpop {
  readonly [DpopTypeId]: DpopProver
  /** The thumbprint of the key, which tokens are bound to. */
  readonly jkt: string
}

/**
 * Makes proofs with a key. Share one between a client and the stamp of its tokens.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (key: DpopKey): Dpop => {
  Check.checkDpopKey("dpop.key", key)
  return { [DpopTypeId]: new DpopProver(key), jkt: key.jkt }
}

/**
 * Puts a bound token and a proof on a request. A token that is not bound fails with `CredentialsUnavailable`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-7
 * @since 0.1.0
 * @category stamps
 */
export const stamp = (dpop: Dpop): Stamp => {
  const prover = dpop[DpopTypeId]
  return (request, token) => {
    const text = textOf(token, "DPoP ")
    if (token.tokenType !== "DPoP") return unavailable("the token is not bound to a key")
    if (text === undefined) return unavailable("the token is empty, or holds what no header can carry")
    const url = HttpClientRequest.toUrl(request)
    const target = url._tag === "Some" ? url.value.href : ""
    const nonce = prover.nonceOf(target)
    return Effect.map(
      Effect.mapError(prover.prove(request.method, target, token.accessToken), () => unprovable),
      (proof) => ({
        request: HttpClientRequest.setHeaders(request, { authorization: text, dpop: Redacted.value(proof) }),
        secrets: [token.accessToken, proof],
        identity: [token.accessToken],
        received: ({ headers }) => void prover.learn(target, headers),
        renew: ({ headers }) => Effect.sync(() => wantsNonce(headers) && prover.nonceOf(target) !== nonce)
      })
    )
  }
}

const unavailable = (reason: string) => Effect.fail(new CredentialsUnavailable({ reason }))

const unprovable = new CredentialsUnavailable({ reason: "the request has no URL that a proof could be for" })

const wantsNonce = (headers: Readonly<Record<string, string | undefined>>): boolean =>
  /\buse_dpop_nonce\b/.test(headers["www-authenticate"] ?? "")
