import { Effect, Result } from "effect"
import type { AlgorithmName } from "./algorithms.ts"
import * as claims from "./claims.ts"
import type { JsonObject } from "./decoding.ts"
import type { KeyFailure, KeySource } from "./KeySource.ts"
import type { VerifyingKey } from "./keys.ts"
import { attempt, refuse, shown } from "./refusal.ts"
import * as token from "./token.ts"
import { digestOf, VerifiedTokens } from "./VerifiedTokens.ts"

export interface Verified<A> {
  readonly claims: A
  readonly header: token.Header
  /** Until when it holds, in milliseconds of the clock, the tolerance included. */
  readonly until: number
}

export interface Rules<A> {
  readonly algorithms: ReadonlySet<AlgorithmName>
  readonly types: ReadonlySet<string | undefined>
  readonly expected: claims.Expectations
  readonly decode: (claims: JsonObject) => A
  readonly maxSize: number
  readonly cached: number
}

const mostHeaders = 32

/** Judges tokens: first what costs least, and the signature before anything that the token says of itself. */
export class Verification<A> {
  readonly #rules: Rules<A>
  readonly #keys: KeySource
  readonly #verified: VerifiedTokens<Verified<A>> | undefined
  /** Headers of tokens that were accepted: an issuer writes the same one over and over. */
  readonly #headers = new Map<string, token.Header>()

  constructor(rules: Rules<A>, keys: KeySource) {
    this.#rules = rules
    this.#keys = keys
    this.#verified = rules.cached === 0 ? undefined : new VerifiedTokens(rules.cached)
  }

  verify(text: string, now: number): Effect.Effect<Verified<A>, KeyFailure> {
    const verified = this.#verified
    if (verified === undefined || text.length > this.#rules.maxSize) return this.#judge(text, now, undefined)
    const digest = digestOf(text)
    const kept = verified.get(digest)
    if (kept === undefined) return this.#judge(text, now, digest)
    if (now < kept.until && this.#keys.holds(kept.key, now)) return Effect.succeed(kept.value)
    verified.drop(digest)
    return this.#judge(text, now, digest)
  }

  #judge(text: string, now: number, digest: string | undefined): Effect.Effect<Verified<A>, KeyFailure> {
    const started = attempt(() => {
      const read = this.#read(text)
      const keys = this.#keys.candidates(read.header, now)
      return keys === undefined ? read : this.#accept(read, keys, now, digest)
    })
    if (Result.isFailure(started)) return Effect.fail(started.failure)
    const value = started.success
    return "claims" in value ? Effect.succeed(value) : this.#ask(value, now, digest)
  }

  #ask(read: token.Token, now: number, digest: string | undefined): Effect.Effect<Verified<A>, KeyFailure> {
    return Effect.flatMap(this.#keys.ask(read.header), (keys) =>
      Effect.fromResult(attempt(() => this.#accept(read, keys, now, digest)))
    )
  }

  #read(text: string): token.Token {
    const { algorithms, maxSize, types } = this.#rules
    if (text.length > maxSize) refuse("size", `it has ${text.length} characters, and may have ${maxSize}`)
    const read = token.read(text, this.#headers)
    const { alg, typ } = read.header
    if (!algorithms.has(alg))
      refuse("algorithm", `it is signed with ${alg}, and may be with ${[...algorithms].join(", ")}`)
    if (!types.has(typ)) refuse("type", `its typ is ${shown(typ)}, and may be ${[...types].map(shown).join(" or ")}`)
    return read
  }

  #accept(read: token.Token, keys: ReadonlyArray<VerifyingKey>, now: number, digest: string | undefined): Verified<A> {
    const key = keys.find((key) => key.verify(read.signed, read.signature))
    if (key === undefined)
      return refuse("signature", "its signature is not by the key that it names, or it was altered")
    const payload = token.readPayload(read)
    const until = claims.check(payload, this.#rules.expected, now)
    const verified = { claims: this.#rules.decode(payload), header: read.header, until }
    this.#remember(read)
    if (digest !== undefined) this.#verified?.add(digest, { value: verified, key, until })
    return verified
  }

  #remember({ encodedHeader, header }: token.Token): void {
    if (this.#headers.has(encodedHeader)) return
    if (this.#headers.size >= mostHeaders) this.#headers.clear()
    this.#headers.set(encodedHeader, header)
  }
}
