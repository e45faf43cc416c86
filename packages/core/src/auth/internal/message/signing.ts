import { Redacted } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { KeyObject } from "node:crypto"
import { bodyOf, refuse, urlOf } from "../signing/outgoing.ts"
import { type Algorithm, type KeyRing, sign } from "./algorithms.ts"
import { type Component, itemOf, type Message, signatureBase } from "./components.ts"
import { contentDigest, type DigestAlgorithm } from "./contentDigest.ts"
import * as Fields from "./structuredFields.ts"

type Request = HttpClientRequest.HttpClientRequest

/** What is signed, and what is said about it. */
export interface Profile {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined
  readonly components: ReadonlyArray<Component>
  readonly label: string
  readonly tag: string | undefined
  readonly expiresSeconds: number | undefined
  readonly hasNonce: boolean
  readonly namesAlgorithm: boolean
  readonly digest: DigestAlgorithm
  readonly typeOf: (name: string) => Fields.FieldType | undefined
  readonly keys: KeyRing
}

/** A signed request, and its signature, which is nobody else's business. */
export interface Signed {
  readonly request: Request
  readonly signature: Redacted.Redacted<string>
}

export const signRequest = (
  given: Request,
  profile: Profile,
  key: KeyObject,
  at: { readonly millis: number; readonly nonce: string | undefined }
): Signed => {
  const covered = profile.components.filter((component) => isThere(component, given))
  const request = withDigest(withDate(given, covered, at.millis), covered, profile.digest)
  const member = { items: covered.map(itemOf), parameters: parametersOf(profile, at) }
  const base = signatureBase(covered, messageOf(request, profile), Fields.writeMember(member))
  const value = sign(profile.algorithm, key, Buffer.from(base))
  const written = Fields.writeBare({ kind: "bytes", value })
  return {
    request: HttpClientRequest.setHeaders(request, {
      "signature-input": added(request, "signature-input", profile.label, Fields.writeMember(member)),
      signature: added(request, "signature", profile.label, written)
    }),
    signature: Redacted.make(written.slice(1, -1))
  }
}

/** A request without a body has no digest, and nothing that could be exchanged. */
const isThere = ({ name }: Component, request: Request): boolean =>
  name !== "content-digest" || request.body._tag !== "Empty" || request.headers[name] !== undefined

const withDate = (request: Request, covered: ReadonlyArray<Component>, millis: number): Request =>
  covered.some(({ name }) => name === "date") && request.headers["date"] === undefined
    ? HttpClientRequest.setHeader(request, "date", new Date(millis).toUTCString())
    : request

const withDigest = (request: Request, covered: ReadonlyArray<Component>, digest: DigestAlgorithm): Request => {
  const isWanted = covered.some(({ name }) => name === "content-digest")
  if (!isWanted || request.headers["content-digest"] !== undefined) return request
  const body = bodyOf(request, "give it a Content-Digest, or leave that out of the components")
  return HttpClientRequest.setHeader(request, "content-digest", contentDigest(digest, body))
}

const parametersOf = (
  profile: Profile,
  { millis, nonce }: { readonly millis: number; readonly nonce: string | undefined }
): Fields.Parameters => {
  const created = Math.floor(millis / 1_000)
  const { algorithm, expiresSeconds, keyId, namesAlgorithm, tag } = profile
  const all: ReadonlyArray<readonly [string, Fields.Bare | undefined]> = [
    ["created", Fields.integer(created)],
    ["expires", expiresSeconds === undefined ? undefined : Fields.integer(created + expiresSeconds)],
    ["keyid", keyId === undefined ? undefined : Fields.text(keyId)],
    ["alg", namesAlgorithm ? Fields.text(algorithm) : undefined],
    ["nonce", nonce === undefined ? undefined : Fields.text(nonce)],
    ["tag", tag === undefined ? undefined : Fields.text(tag)]
  ]
  return new Map(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
}

const messageOf = (request: Request, { typeOf }: Profile): Message => ({
  method: request.method,
  url: urlOf(request),
  status: undefined,
  fieldLines: (name) => {
    const value = request.headers[name]
    return value === undefined ? [] : [value]
  },
  typeOf,
  request: undefined
})

/** Behind the signatures that others have put there, under another label. */
const added = (request: Request, name: string, label: string, member: string): string => {
  const others = request.headers[name]
  if (others === undefined) return `${label}=${member}`
  const members = Fields.parseDictionary(others) ?? refuse("headers", `have ${name} that is malformed`)
  return members.has(label)
    ? refuse("headers", `have a signature ${JSON.stringify(label)} already: give ours another label`)
    : `${others}, ${label}=${member}`
}
