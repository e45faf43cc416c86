/** Reads the links of a `Link` header (RFC 8288, section 3). */

/** Longer ones are not what a provider sends: Node accepts 16 KiB of headers in all. */
const longestLink = 16_384

/** A link, with its parameters by name in lower case, the first of each name kept. */
export interface Link {
  readonly target: string
  readonly parameters: ReadonlyMap<string, string>
}

/** The links of a header in their order; undefined for one that is longer than 16 KiB. */
export const links = (header: string): ReadonlyArray<Link> | undefined => {
  if (header.length > longestLink) return undefined
  const found: Array<Link> = []
  let at = 0
  while ((at = header.indexOf("<", at)) !== -1) {
    const end = header.indexOf(">", at)
    if (end === -1) break
    const parameters = parametersFrom(header, end + 1)
    found.push({ target: header.slice(at + 1, end), parameters: parametersIn(parameters.text) })
    at = parameters.end
  }
  return found
}

/** Up to the next comma outside quotes. */
const parametersFrom = (header: string, start: number): { readonly text: string; readonly end: number } => {
  let quoted = false
  for (let at = start; at < header.length; at += 1) {
    const char = header[at]
    if (char === "\\" && quoted) at += 1
    else if (char === '"') quoted = !quoted
    else if (char === "," && !quoted) return { text: header.slice(start, at), end: at + 1 }
  }
  return { text: header.slice(start), end: header.length }
}

const parameter = /;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g

/** The first of a name counts, as RFC 8288 says of `rel`. */
const parametersIn = (text: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const [, name = "", quoted, token = ""] of text.matchAll(parameter)) {
    const key = name.toLowerCase()
    if (!found.has(key)) found.set(key, quoted?.replace(/\\(.)/g, "$1") ?? token)
  }
  return found
}

/** Whether a link has this relation; the names of relations have no case. */
export const hasRelation = ({ parameters }: Link, relation: string): boolean =>
  (parameters.get("rel") ?? "").toLowerCase().split(/\s+/).includes(relation.toLowerCase())

/** Whether a link speaks of the page itself: one with another `anchor` speaks of something else. */
export const isAbout = ({ parameters }: Link, url: string | undefined): boolean => {
  const anchor = parameters.get("anchor")
  if (anchor === undefined || anchor === "") return true
  return url !== undefined && URL.canParse(anchor, url) && new URL(anchor, url).href === new URL(url).href
}
