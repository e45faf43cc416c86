import { createHmac, sign as signBytes, timingSafeEqual, verify as verifyBytes } from "node:crypto"
import type { ContentPart, SignedContent } from "../SignatureScheme.ts"
import type { Candidate } from "./signatureHeader.ts"
import type { SigningKey } from "./signingKeys.ts"

/** What the slots of a template are filled with. */
export interface Slots {
  readonly body: Uint8Array
  readonly timestamp: string
  readonly id: string
  readonly method: string
  readonly url: string
}

export type Content = ReadonlyArray<string | Uint8Array>

export const assemble = (content: SignedContent, slots: Slots): Content =>
  content.parts.map((part: ContentPart) => (part._tag === "Text" ? part.text : slots[part.slot]))

export const signatureOf = ({ form, key }: SigningKey, content: Content): Buffer =>
  form._tag === "Mac"
    ? content.reduce((hmac, part) => hmac.update(part), createHmac(form.hash, key)).digest()
    : signBytes(null, joined(content), key)

/**
 * The index of the first key that made one of the candidates. Every key is tried with every candidate whatever matched
 * before, so that the time taken tells nothing.
 */
export const signedBy = (
  keys: ReadonlyArray<SigningKey>,
  candidates: ReadonlyArray<Candidate>,
  content: Content
): number | undefined => {
  const matches = keys.map((key) => countMatches(key, candidates, content) > 0)
  const first = matches.indexOf(true)
  return first === -1 ? undefined : first
}

const countMatches = (key: SigningKey, candidates: ReadonlyArray<Candidate>, content: Content): number => {
  const made = matcher(key, content)
  return candidates
    .filter(({ label }) => label === key.form.label)
    .reduce((count, { bytes }) => count + Number(made(bytes)), 0)
}

const matcher = (key: SigningKey, content: Content): ((candidate: Buffer) => boolean) => {
  if (key.form._tag === "Ed25519") {
    const signed = joined(content)
    return (candidate) => verifyBytes(null, signed, key.key, candidate)
  }
  const expected = signatureOf(key, content)
  return (candidate) => timingSafeEqual(expected, candidate)
}

const joined = (content: Content): Buffer =>
  Buffer.concat(content.map((part) => (typeof part === "string" ? Buffer.from(part) : part)))
