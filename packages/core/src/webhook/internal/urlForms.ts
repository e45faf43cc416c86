import type { UrlForm } from "../SignatureScheme.ts"

/** The different forms of a URL that may have been signed. */
export const formsOf = (forms: ReadonlyArray<UrlForm>, given: string, url: URL | null): ReadonlyArray<string> =>
  forms.length === 1 && forms[0] === "given" ? [given] : [...new Set(expand(forms, given, url))]

/** The query is written in each way for each of the ports. */
const expand = (forms: ReadonlyArray<UrlForm>, given: string, url: URL | null): ReadonlyArray<string> => {
  if (url === null) return [given]
  const ports = [
    ...(forms.includes("given") ? [given] : []),
    ...(forms.includes("port") ? [withPort(url, given)] : []),
    ...(forms.includes("no port") ? [withoutPort(given)] : [])
  ]
  const queries = [
    ...(forms.includes("encoded query") ? [encodedQuery] : []),
    ...(forms.includes("decoded query") ? [decodedQuery] : [])
  ]
  const all = ports.length > 0 ? ports : [given]
  return [...all, ...queries.flatMap((write) => all.map(write))]
}

/** The text up to the path, the host with its port, and the rest. */
const parts = (text: string): readonly [before: string, host: string, after: string] => {
  const start = text.indexOf("://") + 3
  const rest = text.slice(start)
  const end = rest.search(/[/?#]/)
  return [text.slice(0, start), end < 0 ? rest : rest.slice(0, end), end < 0 ? "" : rest.slice(end)]
}

const withoutPort = (text: string): string => {
  const [before, host, after] = parts(text)
  return before + host.replace(/:\d{1,5}$/, "") + after
}

const withPort = ({ port, protocol }: URL, text: string): string => {
  const [before, host, after] = parts(withoutPort(text))
  const written = /:(\d{1,5})$/.exec(parts(text)[1])?.[1]
  return `${before}${host}:${written ?? (port || (protocol === "http:" ? "80" : "443"))}${after}`
}

const queryOf = (text: string): readonly [before: string, query: string | undefined] => {
  const at = text.indexOf("?")
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** As `node:querystring` writes what it has parsed: values of one name together. */
const encodedQuery = (text: string): string => {
  const [before, query] = queryOf(text)
  if (query === undefined) return text
  const byName = Map.groupBy(new URLSearchParams(query), ([name]) => name)
  const pairs = [...byName.values()].flat().map((pair) => pair.map((part) => encodeURIComponent(part)).join("="))
  return `${before}?${pairs.join("&")}`
}

/** @see https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests */
const decodedQuery = (text: string): string =>
  text.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (escape) => decodeURIComponent(escape))
