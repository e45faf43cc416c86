/** Selects the proxy of a request by the conventional environment variables. */
import { BlockList, isIP } from "node:net"

/** Returns the URL of the proxy for an origin; undefined for a direct connection. */
export type ProxyFor = (origin: URL) => string | undefined

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in lower case first. A program that runs as CGI reads
 * no `HTTP_PROXY` in upper case, because there a client's `Proxy` header sets it.
 *
 * @see https://httpoxy.org
 */
export const proxyFor = (variables: Variables): ProxyFor => {
  const isCgi = variables["REQUEST_METHOD"] !== undefined
  const all = read(variables, "all_proxy")
  const http = (isCgi ? filled(variables["http_proxy"]) : read(variables, "http_proxy")) ?? all
  const https = read(variables, "https_proxy") ?? all
  const isExcluded = exclusion(read(variables, "no_proxy") ?? "")
  return (origin) => {
    const proxy = origin.protocol === "https:" ? https : http
    return proxy === undefined || isExcluded(origin) ? undefined : withScheme(proxy)
  }
}

const read = (variables: Variables, name: string): string | undefined =>
  filled(variables[name]) ?? filled(variables[name.toUpperCase()])

const filled = (value: string | undefined): string | undefined => (value?.trim() === "" ? undefined : value?.trim())

const withScheme = (proxy: string): string => (proxy.includes("://") ? proxy : `http://${proxy}`)

type Excludes = (host: string, port: string) => boolean

/** Entries are separated by commas or spaces: a host, `.suffix`, `*.suffix`, an address, a network, or `*`. */
const exclusion = (list: string): ((origin: URL) => boolean) => {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(entryOf)
  return (origin) => {
    const host = origin.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "")
    const port = origin.port === "" ? (origin.protocol === "https:" ? "443" : "80") : origin.port
    return entries.some((excludes) => excludes(host, port))
  }
}

const entryOf = (entry: string): Excludes => {
  const network = networkOf(entry)
  if (network !== undefined) return network
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? []
  const name = (bracketed ?? plain ?? entry).replace(/\.$/, "")
  const isHost = name === "*" ? () => true : hostMatcher(name)
  return (host, port) => (wanted === undefined || wanted === port) && isHost(host)
}

/** A name matches itself and its subdomains, as in curl; `*.name` matches only the subdomains. */
const hostMatcher = (name: string): ((host: string) => boolean) => {
  const family = isIP(name)
  if (family !== 0) return inBlock((block) => block.addAddress(name, family === 6 ? "ipv6" : "ipv4"))
  const suffix = name.replace(/^\*?\.?/, ".")
  return (host) => host.endsWith(suffix) || (!name.startsWith("*") && host === suffix.slice(1))
}

const networkOf = (entry: string): Excludes | undefined => {
  const [, address = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(entry) ?? []
  const family = isIP(address)
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) return undefined
  return inBlock((block) => block.addSubnet(address, Number(bits), family === 6 ? "ipv6" : "ipv4"))
}

const inBlock = (fill: (block: BlockList) => void): ((host: string) => boolean) => {
  const block = new BlockList()
  fill(block)
  return (host) => {
    const family = isIP(host)
    return family !== 0 && block.check(host, family === 6 ? "ipv6" : "ipv4")
  }
}
