/**
 * Removes secrets from text that came from elsewhere, before it reaches a message, a log or a span.
 *
 * **When to use**
 *
 * On every excerpt of a body and every foreign error message that is kept.
 *
 * **Details**
 *
 * Removed are the secrets that are known (as they are, and as a URL, a form, JSON or HTML would hold them), bearer and
 * basic credentials, JSON Web Tokens, keys with the prefix of a known provider, credentials in URLs, and the values of
 * fields whose names say that they are secret. A text that ends
 * in the middle of a known secret, as an excerpt may, loses that beginning too.
 *
 * **Gotchas**
 *
 * A secret under an innocent name that nobody told it of stays: keep excerpts short and never log request bodies.
 *
 * **Example** (A token endpoint's answer)
 *
 * ```ts
 * import { Redact } from "@causeway/core/policy"
 *
 * const text = Redact.secrets('{"access_token":"abc","scope":"read"}', [])
 * console.assert(text === '{"access_token":"<redacted>","scope":"read"}')
 * ```
 *
 * @since 0.1.0
 */

import { Schema, SchemaTransformation } from "effect"
import {
  isSecretName,
  isSecretParameter,
  type Names,
  type Parts,
  secretHeaders,
  secretsOfUrl
} from "./internal/identity.ts"

export { redactedNames } from "./internal/redactedNames.ts"

const redacted = "<redacted>"

/** Bounded, so that no text takes long. */
const secretNames =
  "[\\w.-]{0,64}(?:token|secret|password|passwd|passphrase|api[_-]?key|apikey|authorization|credential|signature|private[_-]?key|session[_-]?id|cookie)[\\w.-]{0,64}"

const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [new RegExp(`("${secretNames}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"?`, "gi"), `$1"${redacted}"`],
  [new RegExp(`((?:^|[?&;\\s])${secretNames}=)[^&;\\s"']+`, "gi"), `$1${redacted}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${redacted}`],
  // The look ahead is at the start of a run only, so that a run with many beginnings of a token is not read for each.
  [/(?<![\w-])(?=[\w-]+\.[\w-]{4,}\.)([\w-]*?\b)eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, `$1${redacted}`],
  // The prefixes by which providers make their keys known: Stripe, GitHub, GitLab, Shopify, Slack, Standard Webhooks.
  [
    /\b(?:whsec_|whsk_|[srp]k_|gh[oprsu]_|github_pat_|glpat-|shp(?:at|ca|pa|ss)_|xox[a-z]-|xapp-)[\w+/=-]{8,}/g,
    redacted
  ],
  [/(:\/\/)[^\s/@]{1,256}@/g, `$1${redacted}@`]
]

/** Shorter ones are words as often as secrets: removing them would garble the text and hide nothing. */
const shortestSecret = 4

const formsOf = (secret: string): ReadonlyArray<string> => {
  const json = JSON.stringify(secret).slice(1, -1)
  const percent = [encodeURIComponent(secret.toWellFormed()), new URLSearchParams({ "": secret }).toString().slice(1)]
  const lowerCase = percent.map((form) => form.replace(/%../g, (code) => code.toLowerCase()))
  return [secret, ...percent, ...lowerCase, json, json.replaceAll("/", "\\/"), inUnicodeEscapes(json), inHtml(secret)]
}

/** As the JSON of Go has it. */
const inUnicodeEscapes = (json: string): string =>
  json.replace(/[&<>]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)

const htmlEntities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const inHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => htmlEntities[char] ?? char)

/**
 * Removes secrets from `text`: those in `known`, and whatever looks like one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const secrets = (text: string, known: ReadonlyArray<string>): string => {
  const forms = known.filter((secret) => secret.length >= shortestSecret).flatMap(formsOf)
  // The longest first: one form may begin another.
  const longestFirst = Array.from(new Set(forms)).toSorted((a, b) => b.length - a.length)
  const without = longestFirst.reduce((left, form) => withoutBeginning(left.replaceAll(form, redacted), form), text)
  return patterns.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), without)
}

/** A secret that is cut in half has lost its shape: more is searched than is kept. */
const longestScanned = 16_384

// oxlint-disable-next-line no-control-regex -- control characters are what is replaced
const unprintable = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/**
 * What an error may keep of a text from outside: without secrets, on one line, and at most `longest` characters. Characters
 * that would begin a new line or change the direction of one are replaced by a space.
 *
 * **Example** (A server that repeats what it got)
 *
 * ```ts
 * import { Redact } from "@causeway/core/policy"
 *
 * console.assert(Redact.excerpt("no such key:\nkey-1234", 100, ["key-1234"]) === "no such key: <redacted>")
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const excerpt = (text: string, longest: number, known: ReadonlyArray<string>): string =>
  secrets(text.slice(0, longestScanned), known).replace(unprintable, " ").slice(0, longest)

/**
 * A text that an error of a provider keeps: decoding it makes an {@link excerpt} of at most 300 characters. For the fields of
 * declared errors, whose texts end in messages and logs.
 *
 * **Example** (The error of an endpoint)
 *
 * ```ts
 * import { Redact } from "@causeway/core/policy"
 * import { Schema } from "effect"
 *
 * class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { message: Redact.Excerpt }) {}
 *
 * const decoded = Schema.decodeUnknownSync(NotFound)({ _tag: "NotFound", message: "no such\nline" })
 * console.assert(decoded.message === "no such line")
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const Excerpt = Schema.String.pipe(
  Schema.decode(
    SchemaTransformation.transform<string, string>({
      decode: (text) => excerpt(text, 300, []),
      encode: (text) => text
    })
  )
)

const withoutBeginning = (text: string, form: string): string => {
  for (let length = form.length - 1; length >= shortestSecret; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return text.slice(0, -length) + redacted
  }
  return text
}

/**
 * A request whose secrets are looked for: its headers by name in lower case, its URL, and its query when that is apart.
 * An `HttpClientRequest` is one.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestParts extends Parts {}

/** A cookie or a parameter that is shorter is a word or a flag as often as a secret. */
const shortestPart = 8

/**
 * The secrets of a request, for {@link secrets}: the values of its credential headers, the parts of them (after
 * `Bearer` or `Basic`, the decoded password, the cookies, the parameters), and those of its URL (user, password, and
 * parameters whose names say that they are secret). `redactedNames` names further headers and parameters.
 *
 * **Example** (A key that the provider repeats)
 *
 * ```ts
 * import { Redact } from "@causeway/core/policy"
 *
 * const known = Redact.secretsOf({ headers: { authorization: "Bearer abcd1234" } })
 * console.assert(Redact.secrets("no such key: abcd1234", known) === "no such key: <redacted>")
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const secretsOf = (request: RequestParts, redactedNames: Names = []): ReadonlyArray<string> => {
  const ofHeaders = secretHeaders(request.headers, redactedNames).flatMap(([, value]) => [value, ...partsOf(value)])
  const ofUrl = secretsOfUrl(request, redactedNames).map(([, value]) => value)
  return [...new Set([...ofHeaders, ...ofUrl])].filter((secret) => secret.length >= shortestSecret)
}

/** A scheme and its credentials, cookies, or parameters: what a provider may repeat alone. */
const partsOf = (value: string): ReadonlyArray<string> => {
  const [, scheme = "", credentials = ""] = /^([\w-]{1,32}) +(.*)$/s.exec(value) ?? []
  const rest = credentials === "" ? value : credentials
  const parameters = rest.split(/[;,]\s*|\s+/).flatMap((part) => {
    const at = part.indexOf("=")
    return at > 0 ? [part.slice(at + 1).replace(/^"(.*)"$/s, "$1")] : []
  })
  const long = parameters.filter((part) => part.length >= shortestPart)
  return credentials === "" ? long : [credentials, ...long, ...(/^basic$/i.test(scheme) ? basicParts(credentials) : [])]
}

/** The user and its password, and the password alone; where the password is empty, the user is the key. */
const basicParts = (credentials: string): ReadonlyArray<string> => {
  const text = utf8OfBase64(credentials)
  const at = text.indexOf(":")
  if (at < 0) return []
  const password = text.slice(at + 1)
  return [text, password === "" ? text.slice(0, at) : password]
}

const utf8OfBase64 = (text: string): string => {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))
  } catch {
    return ""
  }
}

/**
 * A URL as it may be written down: its secrets are replaced.
 *
 * @since 0.1.0
 * @category combinators
 */
export const url = (text: string, redactedNames: Names = []): string =>
  text.replace(/(:\/\/)[^\s/?#@]{1,512}@/, `$1${redacted}@`).replace(/[?&][^&#]*/g, (parameter) => {
    const at = parameter.indexOf("=")
    const name = parameter.slice(1, Math.max(1, at))
    return at > 0 && isSecretParameter(plain(name), redactedNames)
      ? `${parameter.slice(0, at + 1)}${redacted}`
      : parameter
  })

const plain = (name: string): string => {
  try {
    return decodeURIComponent(name.replaceAll("+", " "))
  } catch {
    return name
  }
}

/**
 * Headers as they may be written down: the values of those that hold secrets are replaced.
 *
 * @since 0.1.0
 * @category combinators
 */
export const headers = <Value>(
  given: Readonly<Record<string, Value>>,
  redactedNames: Names = []
): Readonly<Record<string, Value | string>> =>
  mapValues(given, (name, value) => (isSecretName(name.toLowerCase(), redactedNames) ? redacted : value))

/**
 * A query as it may be written down: the values of parameters that hold secrets are replaced.
 *
 * @since 0.1.0
 * @category combinators
 */
export const query = <Value>(
  given: Readonly<Record<string, Value>>,
  redactedNames: Names = []
): Readonly<Record<string, Value | string>> =>
  mapValues(given, (name, value) => (isSecretParameter(name, redactedNames) ? redacted : value))

const mapValues = <Value, Out>(
  given: Readonly<Record<string, Value>>,
  map: (name: string, value: Value) => Out
): Readonly<Record<string, Out>> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, map(name, value)]))
