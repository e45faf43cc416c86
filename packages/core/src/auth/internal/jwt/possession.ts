/** Proves that who brings a token has the key or the certificate that the token is bound to (RFC 7800). */
import { Clock, type Duration, Effect, Redacted, Result } from "effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { hash, timingSafeEqual, X509Certificate } from "node:crypto"
import * as InvalidOption from "../../../policy/InvalidOption.ts"
import { type AlgorithmName, algorithms, isAlgorithm } from "./algorithms.ts"
import { isObject, type JsonObject } from "./decoding.ts"
import * as dpop from "./dpop.ts"
import { attempt, shown } from "./refusal.ts"
import { SeenProofs } from "./SeenProofs.ts"
import { algorithmsOf } from "./verifierOptions.ts"

/**
 * How proofs of DPoP are verified.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 * @since 0.1.0
 * @category options
 */
export interface DpopOptions {
  /**
   * What clients put in front of the path of a request, such as `https://api.example`; with a path where a proxy removes one. A
   * proof is for this URL with the path of the request: what a `Host` header says is not looked at.
   */
  readonly baseUrl: string
  /** The algorithms that a proof may be signed with. Default: all those of key pairs. */
  readonly algorithms?: ReadonlyArray<AlgorithmName> | undefined
  /** How old a proof may be. Default: 1 minute. */
  readonly maxAge?: Duration.Input | undefined
  /** How far clocks may be apart. Default: 30 seconds. */
  readonly tolerance?: Duration.Input | undefined
  /**
   * Remembers a proof by its id until a time, in milliseconds of the clock; succeeds with false for one that it remembers
   * already. For a server of several processes, which must share it. A failure is answered with 503. Default: in memory.
   */
  readonly remember?: ((id: string, until: number) => Effect.Effect<boolean, unknown>) | undefined
  /**
   * How many proofs are remembered in memory within `maxAge` and twice `tolerance`; more are answered with 503. Default:
   * 200,000, in about 30 MB.
   */
  readonly mostRemembered?: number | undefined
}

/**
 * The certificate with which the client has made its connection, in PEM or DER; undefined for none.
 *
 * @since 0.1.0
 * @category options
 */
export type ClientCertificate = (request: HttpServerRequest) => string | Uint8Array | undefined

/** The credentials of a request. */
export interface Presented {
  readonly scheme: "Bearer" | "DPoP"
  /** Empty for none. */
  readonly token: string
  readonly request: HttpServerRequest
}

/** Why possession was not proven; `detail` is for the log. */
export type Unproven =
  | {
      readonly error: "invalid_token" | "invalid_dpop_proof"
      readonly description: string
      readonly detail: string
    }
  | { readonly error: "unavailable"; readonly retryAfter: number | undefined; readonly detail: string }

export interface Possession {
  /** As a challenge names them; undefined where no proof is accepted. */
  readonly dpopAlgorithms: string | undefined
  readonly prove: (payload: JsonObject, presented: Presented) => Effect.Effect<void, Unproven>
}

export interface Options {
  readonly dpop?: DpopOptions | undefined
  readonly clientCertificate?: ClientCertificate | undefined
}

/** Each member of a confirmation must be proven, and one that is not known here cannot be. */
export const possessionOf = ({ clientCertificate, dpop }: Options): Possession => {
  const proofs = dpop === undefined ? undefined : proofsOf(dpop)
  return {
    dpopAlgorithms: proofs === undefined ? undefined : [...proofs.rules.algorithms].join(" "),
    prove: (payload, presented) => {
      const problem = problemOf(payload, presented, clientCertificate)
      if (problem !== undefined) return Effect.fail(problem)
      if (presented.scheme === "Bearer") return Effect.void
      // A token of the scheme DPoP has a thumbprint, or it had a problem.
      return proofs === undefined ? Effect.fail(unbound) : proofs.verify(presented, jktOf(payload) ?? "")
    }
  }
}

const unproven = (detail: string): Unproven => ({
  error: "invalid_token",
  description: "the token is bound to a key, and came without a proof of it",
  detail
})

const unbound: Unproven = {
  error: "invalid_token",
  description: "the token is not bound to the key of a DPoP proof",
  detail: "the token came with the scheme DPoP, and has no cnf.jkt"
}

const jktOf = ({ cnf }: JsonObject): string | undefined =>
  isObject(cnf) && typeof cnf["jkt"] === "string" ? cnf["jkt"] : undefined

/** All that can be judged of a confirmation without a proof of DPoP. */
const problemOf = (
  payload: JsonObject,
  { request, scheme }: Presented,
  clientCertificate: ClientCertificate | undefined
): Unproven | undefined => {
  if (Object.hasOwn(payload, "cnf")) {
    const { cnf } = payload
    const members = isObject(cnf) ? Object.entries(cnf) : []
    if (members.length === 0) return unproven("its cnf is not an object with a member")
    for (const [name, value] of members) {
      if (name === "x5t#S256" && isCertified(value, clientCertificate?.(request))) continue
      if (name === "jkt" && typeof value === "string" && scheme === "DPoP") continue
      return unproven(`its cnf has ${shown(name)}, of which nothing was proven`)
    }
  }
  return scheme === "DPoP" && jktOf(payload) === undefined ? unbound : undefined
}

/** @see https://www.rfc-editor.org/rfc/rfc8705#section-3.1 */
const isCertified = (thumbprint: unknown, certificate: string | Uint8Array | undefined): boolean => {
  const own = certificate === undefined ? undefined : thumbprintOf(certificate)
  if (own === undefined || typeof thumbprint !== "string") return false
  const [wanted, found] = [Buffer.from(thumbprint), Buffer.from(own)]
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

const thumbprintOf = (certificate: string | Uint8Array): string | undefined => {
  try {
    return hash("sha256", new X509Certificate(certificate).raw, "base64url")
  } catch {
    return undefined
  }
}

/** A proof carries its key: a secret would prove nothing. */
const ofKeyPairs = Object.keys(algorithms)
  .filter(isAlgorithm)
  .filter((alg) => !alg.startsWith("HS"))

const proofsOf = (options: DpopOptions) => {
  const baseUrl = baseUrlOf(options.baseUrl)
  const rules = {
    algorithms: algorithmsOf("bearerAuth.dpop", options.algorithms ?? ofKeyPairs),
    maxAgeMillis: InvalidOption.positiveMillis("bearerAuth.dpop.maxAge", options.maxAge ?? "1 minute"),
    toleranceMillis: InvalidOption.finiteMillis("bearerAuth.dpop.tolerance", options.tolerance ?? "30 seconds"),
    nonce: undefined
  }
  const remember = options.remember === undefined ? inMemory(options, rules) : elsewhere(options.remember)
  return {
    rules,
    verify: ({ request, token }: Presented, jkt: string): Effect.Effect<void, Unproven> => {
      const text = request.headers["dpop"]
      if (text === undefined) return Effect.fail(badProof("it came without a DPoP header"))
      const url = `${baseUrl}${pathOf(request.originalUrl)}`
      const expected = { ...rules, method: request.method, url, accessToken: Redacted.make(token), jkt }
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const judged = attempt(() => dpop.judge(text, expected, now))
        if (Result.isFailure(judged)) return Effect.fail(badProof(detailOf(judged.failure)))
        const { jti, until } = judged.success
        return remember(hash("sha256", `${jkt} ${jti}`, "base64url"), until, now)
      })
    }
  }
}

const detailOf = (reason: { readonly _tag: string; readonly issue?: string }): string => reason.issue ?? reason._tag

const badProof = (detail: string): Unproven => ({
  error: "invalid_dpop_proof",
  description: "the DPoP proof is missing, or is not valid for this request",
  detail
})

const seenBefore = badProof("the proof was used before (jti)")

type Remember = (id: string, until: number, now: number) => Effect.Effect<void, Unproven>

const elsewhere =
  (remember: (id: string, until: number) => Effect.Effect<boolean, unknown>): Remember =>
  (id, until) =>
    Effect.matchEffect(remember(id, until), {
      onFailure: () =>
        Effect.fail<Unproven>({ error: "unavailable", retryAfter: undefined, detail: "proofs can't be remembered" }),
      onSuccess: (isNew) => (isNew ? Effect.void : Effect.fail(seenBefore))
    })

const inMemory = (
  { mostRemembered }: DpopOptions,
  { maxAgeMillis, toleranceMillis }: { readonly maxAgeMillis: number; readonly toleranceMillis: number }
): Remember => {
  const most = InvalidOption.integer("bearerAuth.dpop.mostRemembered", mostRemembered ?? 200_000, 1)
  // A proof may be made ahead of this clock by the tolerance, and be taken for that long after its age.
  const seen = new SeenProofs(maxAgeMillis + 2 * toleranceMillis, most)
  return (id, _until, now) => {
    switch (seen.add(id, now)) {
      case "new":
        return Effect.void
      case "seen":
        return Effect.fail(seenBefore)
      case "full":
        return Effect.fail({
          error: "unavailable",
          retryAfter: Math.ceil(seen.roomIn(now) / 1_000),
          detail: `${most} proofs are remembered (mostRemembered)`
        })
    }
  }
}

const baseUrlOf = (text: string): string => {
  const url = URL.parse(text)
  const isPlain = url?.username === "" && url.password === "" && !/[?#]/.test(text)
  if (isPlain && (url.protocol === "https:" || url.protocol === "http:")) {
    return `${url.origin}${url.pathname.replace(/\/$/, "")}`
  }
  throw new InvalidOption.InvalidOption({
    option: "bearerAuth.dpop.baseUrl",
    actual: JSON.stringify(text),
    accepts: "the http or https URL in front of the paths of requests, without a user, a query and a fragment"
  })
}

/** A request has a path alone, or the URL that its client has written. */
const pathOf = (url: string): string => {
  const path = url.startsWith("/") ? url : (URL.parse(url)?.pathname ?? "/")
  return path.split(/[?#]/, 1)[0] ?? "/"
}
