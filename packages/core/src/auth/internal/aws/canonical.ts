/*
 * The canonical form of a request: what the service makes of it on the other side.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

/** What a service does with paths: S3 takes them as they are, the others tidy them up and encode them once more. */
export interface PathRules {
  readonly normalize: boolean
  readonly decodeFirst: boolean
}

export const s3Paths: PathRules = { normalize: false, decodeFirst: true }

export const standardPaths: PathRules = { normalize: true, decodeFirst: false }

/** Everything but the unreserved characters of RFC 3986, in upper-case hexadecimal. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  )

export const canonicalPath = (path: string, rules: PathRules): string => {
  const tidied = rules.normalize ? withoutDots(path) : path
  // S3 takes a plus in a path for a space, as a form has it; a plus itself is sent as %2B.
  return (
    percentEncode(rules.decodeFirst ? decoded(tidied.replaceAll("+", "%20")) : tidied).replaceAll("%2F", "/") || "/"
  )
}

/** A path that does not decode is taken as it is. */
const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const withoutDots = (path: string): string => {
  const kept: Array<string> = []
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop()
    else if (segment !== "" && segment !== ".") kept.push(segment)
  }
  return `/${kept.join("/")}${kept.length > 0 && path.endsWith("/") ? "/" : ""}`
}

export type Pairs = ReadonlyArray<readonly [string, string]>

/** Names and values, encoded, in the order in which they are sent. */
export const encodedPairs = (query: Iterable<readonly [string, string]>): Pairs =>
  Array.from(query, ([name, value]) => [percentEncode(name), percentEncode(value)] as const)

/** Sorted by name, then by value, once they are encoded. */
export const canonicalQuery = (encoded: Pairs): string => joined(encoded.toSorted(byNameThenValue))

export const joined = (encoded: Pairs): string => encoded.map(([name, value]) => `${name}=${value}`).join("&")

const byNameThenValue = (a: readonly [string, string], b: readonly [string, string]): number =>
  compare(a[0], b[0]) || compare(a[1], b[1])

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export interface CanonicalHeaders {
  readonly lines: string
  /** The names, joined by `;`. */
  readonly signed: string
}

/** Headers in lower case, sorted, with runs of white space as one space. */
export const canonicalHeaders = (headers: Readonly<Record<string, string>>): CanonicalHeaders => {
  const names = Object.keys(headers).toSorted()
  return {
    lines: names.map((name) => `${name}:${collapsed(headers[name] ?? "")}\n`).join(""),
    signed: names.join(";")
  }
}

const collapsed = (value: string): string => value.trim().replace(/[ \t]+/g, " ")

/** What is signed of a request. */
export interface Canonical {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: CanonicalHeaders
  readonly payloadHash: string
}

export const canonicalRequest = ({ headers, method, path, payloadHash, query }: Canonical): string =>
  `${method}\n${path}\n${query}\n${headers.lines}\n${headers.signed}\n${payloadHash}`
