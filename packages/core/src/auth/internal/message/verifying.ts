import type { KeyObject } from "node:crypto"
import { InvalidSignature } from "../../AuthError.ts"
import { attempt } from "../signing/outgoing.ts"
import { type Algorithm, verify } from "./algorithms.ts"
import { type Component, fromItem, identifier, type Message, signatureBase } from "./components.ts"
import { digestProblem } from "./contentDigest.ts"
import * as Fields from "./structuredFields.ts"

/** A key that is known, and the only algorithm that it is used with. */
export interface KnownKey {
  readonly keyId: string | undefined
  readonly algorithm: Algorithm
  readonly keyObject: KeyObject
}

/** What a signature says about itself; nothing of it is true before it was verified. */
export interface Claims {
  readonly label: string
  readonly components: ReadonlyArray<Component>
  readonly created: number | undefined
  readonly expires: number | undefined
  readonly keyId: string | undefined
  readonly algorithm: string | undefined
  readonly nonce: string | undefined
  readonly tag: string | undefined
}

export interface Demands {
  readonly keysFor: (claims: Claims) => ReadonlyArray<KnownKey>
  /** What must be covered, by its text. */
  readonly required: ReadonlyMap<string, Component>
  readonly label: string | undefined
  readonly tag: string | undefined
  readonly maxAgeSeconds: number
  readonly toleranceSeconds: number
  readonly nowSeconds: number
}

class Refusal {
  readonly reason: InvalidSignature
  constructor(reason: InvalidSignature) {
    this.reason = reason
  }
}

const refuse = (why: InvalidSignature["why"], issue: string): never => {
  throw new Refusal(new InvalidSignature({ why, issue }))
}

const mostSignatures = 8
const mostCharacters = 16_384

/** The first signature that holds, or why the first that was looked at does not. */
export const firstThatHolds = (
  message: Message,
  body: string | Uint8Array,
  demands: Demands
): Claims | InvalidSignature => {
  try {
    const signatures = dictionaryOf(message, "signature")
    const inputs = [...dictionaryOf(message, "signature-input")]
    const asked = inputs.filter(([label, input]) => isAsked(label, input, demands)).slice(0, mostSignatures)
    let first: InvalidSignature | undefined
    for (const [label, input] of asked) {
      const outcome = outcomeOf(() => verified(claimsOf(label, input), input, signatures.get(label)))
      if (!(outcome instanceof InvalidSignature)) return outcome
      first ??= outcome
    }
    return first ?? new InvalidSignature({ why: "missing", issue: "there is no signature that was asked for" })
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }

  function verified(claims: Claims, input: Fields.Member, signature: Fields.Member | undefined): Claims {
    checkCoverage(claims, body, demands)
    checkTimes(claims, demands)
    if (claims.components.some(isDigest)) checkDigest(message, body)
    const base = attempt(() => signatureBase(claims.components, message, Fields.writeMember(input)))
    if (base._tag === "Failure") return refuse("component", `the ${base.failure.part} ${base.failure.issue}`)
    checkSignature(claims, Buffer.from(base.success), signatureBytes(signature), demands)
    return claims
  }
}

const outcomeOf = (judge: () => Claims): Claims | InvalidSignature => {
  try {
    return judge()
  } catch (error) {
    if (error instanceof Refusal) return error.reason
    throw error
  }
}

const dictionaryOf = (message: Message, name: string): ReadonlyMap<string, Fields.Member> => {
  const text = message.fieldLines(name).join(", ")
  if (text === "") return refuse("missing", `there is no ${name}`)
  if (text.length > mostCharacters) return refuse("malformed", `${name} is longer than ${mostCharacters} characters`)
  return Fields.parseDictionary(text, { refuseRepeated: true }) ?? refuse("malformed", `${name} is no dictionary`)
}

const isAsked = (label: string, input: Fields.Member, demands: Demands): boolean =>
  (demands.label === undefined || demands.label === label) &&
  (demands.tag === undefined || textOf(input.parameters.get("tag")) === demands.tag)

const claimsOf = (label: string, input: Fields.Member): Claims => {
  if (!("items" in input)) return refuse("malformed", `signature-input ${label} is no list of components`)
  const components = input.items.map(
    (item) => fromItem(item) ?? refuse("malformed", `signature-input ${label} has a component that is none`)
  )
  const identifiers = components.map(identifier)
  if (new Set(identifiers).size < identifiers.length) refuse("malformed", `${label} has a component twice`)
  const { parameters } = input
  return {
    label,
    components,
    created: secondsOf(parameters.get("created")),
    expires: secondsOf(parameters.get("expires")),
    keyId: textOf(parameters.get("keyid")),
    algorithm: textOf(parameters.get("alg")),
    nonce: textOf(parameters.get("nonce")),
    tag: textOf(parameters.get("tag"))
  }
}

const textOf = (bare: Fields.Bare | undefined): string | undefined => {
  if (bare === undefined) return undefined
  return bare.kind === "string" ? bare.value : refuse("malformed", "a parameter that is a text is none")
}

const secondsOf = (bare: Fields.Bare | undefined): number | undefined => {
  if (bare === undefined) return undefined
  return bare.kind === "integer" ? bare.value : refuse("malformed", "a time is no whole number of seconds")
}

/** Without a body there is nothing for a digest to hold; with one, it must be covered where that is required. */
const checkCoverage = ({ components }: Claims, body: string | Uint8Array, { required }: Demands): void => {
  const covered = new Set(components.map(identifier))
  for (const [text, component] of required) {
    const isAsked = !isDigest(component) || body.length > 0
    if (isAsked && !covered.has(text)) refuse("coverage", `the signature does not cover ${text}`)
  }
}

/** That of this message: the body of the request that a response answers is not known. */
const isDigest = ({ name, parameters }: Component): boolean => name === "content-digest" && !("req" in parameters)

const checkTimes = ({ created, expires }: Claims, demands: Demands): void => {
  const { maxAgeSeconds, nowSeconds, toleranceSeconds } = demands
  if (created === undefined) return refuse("created", "the signature does not say when it was made")
  if (created > nowSeconds + toleranceSeconds) refuse("created", `it was made ${created - nowSeconds} s from now`)
  if (nowSeconds - created > maxAgeSeconds + toleranceSeconds) {
    refuse("expired", `it is ${nowSeconds - created} s old, and may be ${maxAgeSeconds} s`)
  }
  if (expires !== undefined && nowSeconds > expires + toleranceSeconds) {
    refuse("expired", `it ended ${nowSeconds - expires} s ago`)
  }
}

const checkDigest = (message: Message, body: string | Uint8Array): void => {
  const problem = digestProblem(message.fieldLines("content-digest").join(", "), body)
  if (problem !== undefined) refuse("digest", `the content-digest ${problem}`)
}

const signatureBytes = (member: Fields.Member | undefined): Uint8Array => {
  if (member === undefined) return refuse("missing", "signature has no member of that label")
  return "bare" in member && member.bare.kind === "bytes"
    ? member.bare.value
    : refuse("malformed", "a signature is no byte sequence")
}

/** The key says which algorithm: what the signature says may only agree. */
const checkSignature = (claims: Claims, base: Uint8Array, signature: Uint8Array, { keysFor }: Demands): void => {
  const keys = keysFor(claims)
  if (keys.length === 0) refuse("key", "it was made with a key that is not known")
  const fitting = keys.filter(({ algorithm }) => claims.algorithm === undefined || claims.algorithm === algorithm)
  if (fitting.length === 0) refuse("algorithm", "it names another algorithm than the key is for")
  if (!fitting.some((key) => verify(key.algorithm, key.keyObject, base, signature))) {
    refuse("signature", "it is not that of this message by this key")
  }
}
