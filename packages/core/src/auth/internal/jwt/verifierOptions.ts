import { Result, Schema, SchemaIssue } from "effect"
import * as InvalidOption from "../../../policy/InvalidOption.ts"
import { type AlgorithmName, isAlgorithm } from "./algorithms.ts"
import type { JsonObject } from "./decoding.ts"
import { JwksTypeId, type KeySource, StaticKeys } from "./KeySource.ts"
import { VerifyingKey } from "./keys.ts"
import { refuse } from "./refusal.ts"

export type Keys = VerifyingKey | ReadonlyArray<VerifyingKey> | { readonly [JwksTypeId]: KeySource }

/** Texts, of which there must be one, and none may be empty. */
export const textsOf = (option: string, texts: string | ReadonlyArray<string>): ReadonlySet<string> => {
  const list = typeof texts === "string" ? [texts] : texts
  if (list.length > 0) return new Set(list.map((text) => InvalidOption.nonEmpty(option, text)))
  throw new InvalidOption.InvalidOption({ option, actual: "an empty list", accepts: "at least one text" })
}

export const algorithmsOf = (room: string, algorithms: ReadonlyArray<AlgorithmName>): ReadonlySet<AlgorithmName> => {
  const unknown = algorithms.find((alg) => !isAlgorithm(alg))
  if (algorithms.length > 0 && unknown === undefined) return new Set(algorithms)
  throw new InvalidOption.InvalidOption({
    option: `${room}.algorithms`,
    actual: unknown === undefined ? "an empty list" : JSON.stringify(unknown),
    accepts: "the algorithms that tokens may be signed with, such as RS256; none is not among them"
  })
}

/** Where the keys are; each must be for an algorithm that is accepted, and secrets are never public. */
export const sourceOf = (room: string, keys: Keys, algorithms: ReadonlySet<AlgorithmName>): KeySource => {
  if (JwksTypeId in keys) return publicSource(room, keys[JwksTypeId], algorithms)
  const list = keys instanceof VerifyingKey ? [keys] : keys
  const stray = list.find((key) => !algorithms.has(key.alg))
  if (list.length > 0 && stray === undefined) return new StaticKeys(list)
  throw new InvalidOption.InvalidOption({
    option: `${room}.keys`,
    actual: stray === undefined ? "an empty list" : `a key for ${stray.alg}`,
    accepts: `keys for ${[...algorithms].join(", ")}`
  })
}

const publicSource = (room: string, source: KeySource, algorithms: ReadonlySet<AlgorithmName>): KeySource => {
  const symmetric = [...algorithms].find((alg) => alg.startsWith("HS"))
  if (symmetric === undefined) return source
  throw new InvalidOption.InvalidOption({
    option: `${room}.algorithms`,
    actual: symmetric,
    accepts: "algorithms of key pairs: the keys of a Jwks are public, and whoever can read them could sign"
  })
}

export type ClaimsSchema = Schema.ConstraintDecoder<unknown>

/** Decodes claims, or takes them as they are. What stands in a token is not shown: it may be about a person. */
export const decoderOf = (schema: ClaimsSchema | undefined): ((claims: JsonObject) => unknown) => {
  if (schema === undefined) return (claims) => claims
  const decode = Schema.decodeUnknownResult(schema)
  return (claims) => {
    const decoded = decode(claims)
    return Result.isSuccess(decoded) ? decoded.success : refuse("claims", whereIn(decoded.failure.issue))
  }
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const whereIn = (issue: SchemaIssue.Issue): string => {
  const paths = issuesOf(issue).issues.map(({ path = [] }) => path.map(String).join("."))
  return `it lacks, or has in another form than the schema asks for: ${[...new Set(paths)].join(", ")}`
}
