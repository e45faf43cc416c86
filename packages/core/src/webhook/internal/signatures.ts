import {
  createHash,
  createHmac,
  type KeyObject,
  sign as signBytes,
  timingSafeEqual,
  verify as verifyBytes
} from "node:crypto"
import type { Hash } from "../SignatureScheme.ts"
import type { Candidate } from "./candidates.ts"
import { joined, type Content } from "./signedContent.ts"
import type { SigningKey } from "./signingKeys.ts"

/** What a key computes: a code that both sides can make, or a signature of a key pair. */
type Algorithm =
  | { readonly _tag: "Hmac" | "Hash"; readonly hash: Hash | "sha384" }
  | { readonly _tag: "Token" }
  | { readonly _tag: "Pair"; readonly hash: Hash | null; readonly dsaEncoding: "der" | "ieee-p1363" }

const macs: Readonly<Record<string, Hash | "sha384">> = { HS256: "sha256", HS384: "sha384", HS512: "sha512" }

const pair = (hash: Hash | null, dsaEncoding: "der" | "ieee-p1363" = "der"): Algorithm => ({
  _tag: "Pair",
  hash,
  dsaEncoding
})

/** The algorithm of a key; a token's is the one in its head, which was held against the form's list before. */
const algorithmOf = ({ algorithm, form, hash }: SigningKey): Algorithm => {
  switch (form._tag) {
    case "Mac":
      return { _tag: "Hmac", hash: form.hash }
    case "Digest":
      return { _tag: "Hash", hash: form.hash }
    case "Token":
      return form
    case "Ed25519":
      return pair(null)
    case "Ecdsa":
      return pair("sha256")
    case "Rsa":
      return pair(form.hash)
    case "Certificate":
      return pair(hash ?? "sha256")
    case "JwtSecret":
      return { _tag: "Hmac", hash: macs[algorithm ?? ""] ?? "sha256" }
    case "JwtKey":
    case "Jwk":
      return pair("sha256", "ieee-p1363")
  }
}

export const signatureOf = (signingKey: SigningKey, content: Content): Buffer => {
  const algorithm = algorithmOf(signingKey)
  const { key } = signingKey
  switch (algorithm._tag) {
    case "Hmac":
      return content.reduce((hmac, part) => hmac.update(part), createHmac(algorithm.hash, required(key))).digest()
    case "Hash":
      return content.reduce((hash, part) => hash.update(part), createHash(algorithm.hash)).digest()
    case "Token":
      return Buffer.from(signingKey.text)
    case "Pair":
      return signBytes(algorithm.hash, joined(content), { key: required(key), dsaEncoding: algorithm.dsaEncoding })
  }
}

const required = (key: KeyObject | undefined): KeyObject => {
  if (key === undefined) throw new Error("a key form that computes has a key")
  return key
}

/** The contents that a key may have signed. */
export type Contents = (key: SigningKey) => ReadonlyArray<Content>

/**
 * The index of the first key that made one of the candidates. Every key is tried with every candidate whatever matched
 * before, so that the time taken tells nothing.
 */
export const signedBy = (
  keys: ReadonlyArray<SigningKey>,
  candidates: ReadonlyArray<Candidate>,
  contents: Contents
): number | undefined => {
  const matches = keys.map((key) => countMatches(key, candidates, contents(key)) > 0)
  const first = matches.indexOf(true)
  return first === -1 ? undefined : first
}

const countMatches = (
  key: SigningKey,
  candidates: ReadonlyArray<Candidate>,
  contents: ReadonlyArray<Content>
): number => {
  const own = candidates.filter((candidate) => mayHaveMade(key, candidate))
  const matchers = contents.flatMap((content) => matchersOf(key, content))
  return matchers.reduce((count, made) => own.reduce((sum, { bytes }) => sum + Number(made(bytes)), count), 0)
}

const matchersOf = (key: SigningKey, content: Content): ReadonlyArray<(candidate: Buffer) => boolean> =>
  key.alternate === undefined
    ? [matcher(key, content)]
    : [matcher(key, content), matcher({ ...key, key: key.alternate }, content)]

const mayHaveMade = ({ form, id, isAddressed }: SigningKey, { keyId, label }: Candidate): boolean =>
  label === form.label && (id === undefined || keyId === undefined || id === keyId) && isAddressed !== false

const matcher = (key: SigningKey, content: Content): ((candidate: Buffer) => boolean) => {
  const algorithm = algorithmOf(key)
  if (algorithm._tag === "Pair") return pairMatcher(algorithm, required(key.key), joined(content))
  if (algorithm._tag === "Token") {
    const expected = hashed(Buffer.from(key.text))
    return (candidate) => timingSafeEqual(expected, hashed(candidate))
  }
  const expected = signatureOf(key, content)
  return (candidate) => candidate.length === expected.length && timingSafeEqual(expected, candidate)
}

const pairMatcher =
  (
    { dsaEncoding, hash }: Extract<Algorithm, { readonly _tag: "Pair" }>,
    key: KeyObject,
    content: Buffer
  ): ((candidate: Buffer) => boolean) =>
  (candidate) =>
    verifyBytes(hash, content, { key, dsaEncoding }, candidate)

/** Equal lengths whatever the token's, so that the comparison does not tell it. */
const hashed = (token: Buffer): Buffer => createHash("sha256").update(token).digest()
