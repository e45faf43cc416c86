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

const redacted = "<redacted>"

/** Bounded, so that no text takes long. */
const secretNames =
  "[\\w.-]{0,64}(?:token|secret|password|passwd|passphrase|api[_-]?key|apikey|authorization|credential|signature|private[_-]?key|session[_-]?id|cookie)[\\w.-]{0,64}"

const patterns: ReadonlyArray<readonly [RegExp, string]> = [
  [new RegExp(`("${secretNames}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"?`, "gi"), `$1"${redacted}"`],
  [new RegExp(`((?:^|[?&;\\s])${secretNames}=)[^&;\\s"']+`, "gi"), `$1${redacted}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${redacted}`],
  [/\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, redacted],
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

const withoutBeginning = (text: string, form: string): string => {
  for (let length = form.length - 1; length >= shortestSecret; length -= 1) {
    if (text.endsWith(form.slice(0, length))) return text.slice(0, -length) + redacted
  }
  return text
}
