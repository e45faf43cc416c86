import { hash } from "node:crypto"
import type { Challenge } from "./challenges.ts"

/** The hashes, the strongest first, by their names in challenges and at Node. */
const hashes = { "SHA-512-256": "sha512-256", "SHA-256": "sha256", MD5: "md5" } as const

export type Algorithm = keyof typeof hashes

const strongestFirst: ReadonlyArray<Algorithm> = ["SHA-512-256", "SHA-256", "MD5"]

export type Qop = "auth" | "auth-int"

/** What a client answers to, of what servers offer. */
export interface Acceptance {
  readonly allowMd5: boolean
  readonly allowMissingQop: boolean
  readonly preferred: Qop
}

/** A challenge that we can answer. */
export interface Usable {
  readonly algorithm: Algorithm
  readonly isSession: boolean
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly qop: Qop | undefined
  readonly isStale: boolean
  readonly hashesUserName: boolean
}

/** The strongest of the challenges that we may answer; among equals the first. */
export const strongestOf = (challenges: ReadonlyArray<Challenge>, acceptance: Acceptance): Usable | undefined =>
  challenges
    .flatMap((challenge) => usableOf(challenge, acceptance) ?? [])
    .toSorted((a, b) => strongestFirst.indexOf(a.algorithm) - strongestFirst.indexOf(b.algorithm))[0]

const usableOf = ({ parameters, scheme }: Challenge, acceptance: Acceptance): Usable | undefined => {
  const { nonce, opaque, realm } = parameters
  const named = /^(SHA-512-256|SHA-256|MD5)(-sess)?$/i.exec(parameters["algorithm"] ?? "MD5")
  // The pattern has only the names of hashes.
  const algorithm = named?.[1]?.toUpperCase() as Algorithm | undefined
  if (scheme !== "digest" || realm === undefined || nonce === undefined || algorithm === undefined) return undefined
  if (algorithm === "MD5" && !acceptance.allowMd5) return undefined
  const offered = parameters["qop"]
  const qop = offered === undefined ? undefined : qopOf(offered, acceptance.preferred)
  const isSession = named?.[2] !== undefined
  // A session is keyed with our own nonce, which is sent only with a qop.
  const lacksQop = offered === undefined ? isSession || !acceptance.allowMissingQop : qop === undefined
  if (lacksQop || ![realm, nonce, opaque ?? ""].every(isAscii)) return undefined
  return {
    algorithm,
    isSession,
    realm,
    nonce,
    opaque,
    qop,
    isStale: isTrue(parameters["stale"]),
    hashesUserName: isTrue(parameters["userhash"])
  }
}

const qopOf = (offered: string, preferred: Qop): Qop | undefined => {
  const names = new Set(offered.split(",").map((name) => name.trim().toLowerCase()))
  if (names.has(preferred)) return preferred
  const other = preferred === "auth" ? "auth-int" : "auth"
  return names.has(other) ? other : undefined
}

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === "true"

const isAscii = (text: string): boolean => /^[\t\x20-\x7e]*$/.test(text)

/** What is answered to: a challenge, the request, and how often its nonce was used. */
export interface Asked {
  readonly challenge: Usable
  readonly method: string
  /** Path and query. */
  readonly uri: string
  readonly body: () => string | Uint8Array
  readonly username: string
  readonly password: string
  readonly cnonce: string
  readonly count: number
}

/** The value of `Authorization`, and the response in it. */
export interface Answered {
  readonly header: string
  readonly response: string
}

/**
 * Answers a challenge.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7616#section-3.4
 */
export const answer = (asked: Asked): Answered => {
  const { challenge, cnonce, uri } = asked
  const nc = asked.count.toString(16).padStart(8, "0")
  const response = responseOf(asked, nc)
  const { algorithm, isSession, nonce, opaque, qop, realm } = challenge
  const parameters = [
    ...userNameOf(asked),
    `realm=${quoted(realm)}`,
    `uri=${quoted(uri)}`,
    `algorithm=${algorithm}${isSession ? "-sess" : ""}`,
    `nonce=${quoted(nonce)}`,
    ...(qop === undefined ? [] : [`nc=${nc}`, `cnonce=${quoted(cnonce)}`, `qop=${qop}`]),
    `response=${quoted(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`])
  ]
  return { header: `Digest ${parameters.join(", ")}`, response }
}

const responseOf = ({ body, challenge, cnonce, method, password, uri, username }: Asked, nc: string): string => {
  const { isSession, nonce, qop, realm } = challenge
  const hashed = hashWith(challenge)
  const secret = hashed(`${username}:${realm}:${password}`)
  const key = isSession ? hashed(`${secret}:${nonce}:${cnonce}`) : secret
  const content = hashed(qop === "auth-int" ? `${method}:${uri}:${hashed(body())}` : `${method}:${uri}`)
  return hashed(qop === undefined ? `${key}:${nonce}:${content}` : `${key}:${nonce}:${nc}:${cnonce}:${qop}:${content}`)
}

const userNameOf = ({ challenge, username }: Asked): ReadonlyArray<string> => {
  if (challenge.hashesUserName) {
    return [`username="${hashWith(challenge)(`${username}:${challenge.realm}`)}"`, "userhash=true"]
  }
  return [isAscii(username) ? `username=${quoted(username)}` : `username*=UTF-8''${encodeURIComponent(username)}`]
}

const hashWith =
  ({ algorithm }: Usable) =>
  (content: string | Uint8Array): string =>
    hash(hashes[algorithm], content, "hex")

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`
