import { createHash } from "node:crypto"
import * as Fields from "./structuredFields.ts"

/** The hashes of RFC 9530 that are not broken. */
export type DigestAlgorithm = "sha-256" | "sha-512"

const hashes: Readonly<Record<DigestAlgorithm, string>> = { "sha-256": "sha256", "sha-512": "sha512" }

const isKnown = (name: string): name is DigestAlgorithm => Object.hasOwn(hashes, name)

const digest = (algorithm: DigestAlgorithm, body: string | Uint8Array): Uint8Array =>
  createHash(hashes[algorithm]).update(body).digest()

/** The value of a Content-Digest. */
export const contentDigest = (algorithm: DigestAlgorithm, body: string | Uint8Array): string =>
  Fields.writeDictionary([
    [algorithm, { bare: { kind: "bytes", value: digest(algorithm, body) }, parameters: Fields.none }]
  ])

/** What is wrong with a Content-Digest: every hash in it that is known must be right, and one must be known. */
export const digestProblem = (value: string, body: string | Uint8Array): string | undefined => {
  const members = Fields.parseDictionary(value, { refuseRepeated: true })
  if (members === undefined) return "is malformed"
  const known = [...members].filter(([name]) => isKnown(name))
  if (known.length === 0) return "has neither sha-256 nor sha-512"
  return known.every(([name, member]) => isRight(name, member, body)) ? undefined : "is not that of the body"
}

const isRight = (name: string, member: Fields.Member, body: string | Uint8Array): boolean =>
  isKnown(name) &&
  "bare" in member &&
  member.bare.kind === "bytes" &&
  Buffer.from(member.bare.value).equals(digest(name, body))
