import { Effect, Result } from "effect"
import type { AlgorithmName } from "./algorithms.ts"
import type { JsonObject } from "./decoding.ts"
import type { KeyFailure, KeySource } from "./KeySource.ts"
import type { VerifyingKey } from "./keys.ts"
import { attempt, refuse, shown } from "./refusal.ts"
import * as token from "./token.ts"
import { digestOf, type VerifiedTokens } from "./VerifiedTokens.ts"

export interface Verified<A> {
  readonly claims: A
  readonly payload: JsonObject
  readonly header: token.Header
  readonly until: number
}

/** Holds what a token says against what it must say. */
export type Accept<A> = (payload: JsonObject, header: token.Header, now: number, key: VerifyingKey) => Verified<A>

export interface Rules {
  readonly algorithms: ReadonlySet<AlgorithmName>
  readonly types: ReadonlySet<string | undefined>
  readonly maxSize: number
}

const mostHeaders = 32

/** Judges tokens: first what costs least, and the signature before anything that the token says of itself. */
export class Verification {
  readonly #rules: Rules
  readonly #keys: KeySource
  /** Headers of tokens that were accepted: an issuer writes the same one over and over. */
  readonly #headers = new Map<string, token.Header>()

  constructor(rules: Rules, keys: KeySource) {
    this.#rules = rules
    this.#keys = keys
  }

  verify<A>(text: string, now: number, accept: Accept<A>): Effect.Effect<Verified<A>, KeyFailure> {
    const started = attempt(() => {
      const read = this.#read(text)
      const keys = this.#keys.candidates(read.header, now)
      return keys === undefined ? read : this.#accept(read, keys, now, accept)
    })
    if (Result.isFailure(started)) return Effect.fail(started.failure)
    const value = started.success
    return "claims" in value ? Effect.succeed(value) : this.#ask(value, now, accept)
  }

  /** As `verify`, which is not asked about what was verified before and still holds. */
  verifyKnowing<A>(
    known: VerifiedTokens<Verified<A>>,
    text: string,
    now: number,
    accept: Accept<A>
  ): Effect.Effect<Verified<A>, KeyFailure> {
    if (text.length > this.#rules.maxSize) return this.verify(text, now, accept)
    const digest = digestOf(text)
    const kept = known.get(digest)
    if (kept !== undefined && now < kept.value.until && this.#keys.holds(kept.key, now)) {
      return Effect.succeed(kept.value)
    }
    return this.verify(text, now, (payload, header, now, key) => {
      const value = accept(payload, header, now, key)
      known.add(digest, { value, key })
      return value
    })
  }

  #ask<A>(read: token.Token, now: number, accept: Accept<A>): Effect.Effect<Verified<A>, KeyFailure> {
    return Effect.flatMap(this.#keys.ask(read.header), (keys) =>
      Effect.fromResult(attempt(() => this.#accept(read, keys, now, accept)))
    )
  }

  #read(text: string): token.Token {
    const { algorithms, maxSize, types } = this.#rules
    if (text.length > maxSize) refuse("size", `it has ${text.length} characters, and may have ${maxSize} (maxSize)`)
    const read = token.read(text, this.#headers)
    const { alg, typ } = read.header
    if (!algorithms.has(alg))
      refuse("algorithm", `it is signed with ${alg}, and may be with ${[...algorithms].join(", ")} (algorithms)`)
    if (!types.has(typ))
      refuse("type", `its typ is ${shown(typ)}, and may be ${[...types].map(shown).join(" or ")} (typ)`)
    return read
  }

  #accept<A>(read: token.Token, keys: ReadonlyArray<VerifyingKey>, now: number, accept: Accept<A>): Verified<A> {
    const key = keys.find((key) => key.verify(read.signed, read.signature))
    if (key === undefined)
      return refuse("signature", "its signature is not by the key that it names, or it was altered")
    const verified = accept(token.readPayload(read), read.header, now, key)
    this.#remember(read)
    return verified
  }

  #remember({ encodedHeader, header }: token.Token): void {
    if (this.#headers.has(encodedHeader)) return
    if (this.#headers.size >= mostHeaders) this.#headers.clear()
    this.#headers.set(encodedHeader, header)
  }
}
