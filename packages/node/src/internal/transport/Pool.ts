/** The dispatcher: connections, certificates, proxies. */
import { InvalidOption, OptionCheck } from "@causeway/core/policy"
import * as Redacted from "effect/Redacted"
import type { LookupFunction } from "node:net"
import * as tls from "node:tls"
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici"
import * as publicLookup from "./publicLookup.ts"
import { ProxyRouter } from "./ProxyRouter.ts"
import * as proxyVariables from "./proxyVariables.ts"

/** One or more certificates or keys in PEM. */
export type Pem = string | Uint8Array

/** How connections are secured, and who we are on them. */
export interface Tls {
  readonly ca?: Pem | ReadonlyArray<Pem>
  readonly cert?: Pem
  readonly key?: Redacted.Redacted<Pem>
  readonly passphrase?: Redacted.Redacted<string>
  readonly servername?: string
  readonly allowUntrustedCertificates?: boolean
}

/** Options of a pool that have been checked; times in milliseconds. */
export interface Settings {
  readonly connections: number
  readonly pipelining: number
  readonly http2: boolean
  readonly connectTimeout: number
  readonly keepAliveTimeout: number
  /** A URL, or `environment` for what its variables say when the pool is made. */
  readonly proxy: string | undefined
  readonly tls: TlsSettings | undefined
  /** Resolves names; undefined for the resolver of the system. */
  readonly lookup: LookupFunction | undefined
}

/** A context holds the key where no copy of the options does. */
export interface TlsSettings {
  readonly secureContext: tls.SecureContext
  readonly servername?: string
  readonly rejectUnauthorized: boolean
}

/** A dispatcher for all requests, and one whose connections go to public addresses alone. */
export interface Pools {
  readonly open: Dispatcher
  readonly publicOnly: Dispatcher
}

export const make = (settings: Settings): Pools => ({
  open: dispatcherOf(settings),
  publicOnly: dispatcherOf({ ...settings, publicLookup: publicLookup.make(settings.lookup) })
})

/** Settings with what resolves the names of servers, but not the name of a proxy, which is the program's choice. */
interface Guarded extends Settings {
  readonly publicLookup?: LookupFunction
}

const dispatcherOf = (settings: Guarded): Dispatcher => {
  if (settings.proxy !== environment) return through(settings, settings.proxy)
  const proxyFor = proxyVariables.proxyFor(process.env)
  for (const origin of ["http://proxied.invalid", "https://proxied.invalid"]) {
    const proxy = proxyFor(new URL(origin))
    if (proxy !== undefined) checked("HTTP_PROXY or HTTPS_PROXY", proxy)
  }
  return new ProxyRouter(proxyFor, (proxy) => through(settings, proxy))
}

/** The proxy that stands for the variables of the environment. */
const environment = "environment"

const through = (settings: Guarded, proxy: string | undefined): Dispatcher => {
  const { connections, connectTimeout, http2, keepAliveTimeout, pipelining } = settings
  const connect = connectWith(settings, settings.lookup)
  const options = { connections, pipelining, allowH2: http2, keepAliveTimeout }
  return proxy === undefined
    ? new Agent({ ...options, connect: connectWith(settings, settings.publicLookup ?? settings.lookup) })
    : new ProxyAgent({ ...options, uri: proxy, connectTimeout, requestTls: connect, proxyTls: connect })
}

const connectWith = (
  { connectTimeout, tls }: Settings,
  lookup: LookupFunction | undefined
): buildConnector.BuildOptions => ({ ...tls, timeout: connectTimeout, ...(lookup !== undefined && { lookup }) })

/** Checks a certificate and its key by loading them. */
export const tlsSettings = (options: Tls): TlsSettings => {
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw invalid(
      "transport.tls",
      options.cert === undefined ? "a key alone" : "a certificate alone",
      "both or neither"
    )
  }
  return {
    secureContext: secureContext(options),
    rejectUnauthorized: options.allowUntrustedCertificates !== true,
    ...(options.servername !== undefined && { servername: options.servername })
  }
}

const secureContext = ({ ca, cert, key, passphrase }: Tls): tls.SecureContext => {
  try {
    return tls.createSecureContext({
      ca: ca === undefined ? undefined : [ca].flat().map(toNode),
      cert: cert === undefined ? undefined : toNode(cert),
      key: key === undefined ? undefined : toNode(Redacted.value(key)),
      passphrase: passphrase === undefined ? undefined : Redacted.value(passphrase)
    })
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unreadable"
    throw invalid("transport.tls", code, "certificates and a key in PEM that belong together")
  }
}

const toNode = (pem: Pem): string | Buffer => (typeof pem === "string" ? pem : Buffer.from(pem))

/** Node takes other text for no certificate at all. */
const isPem = (value: unknown): boolean =>
  typeof value === "string" ? value.includes(begin) : value instanceof Uint8Array && Buffer.from(value).includes(begin)

const begin = "-----BEGIN "

const pem = OptionCheck.secret("a text or bytes in PEM", isPem)

const redactedPem = OptionCheck.secret(
  "a Redacted text, or Redacted bytes, in PEM",
  (value) => Redacted.isRedacted(value) && isPem(Redacted.value(value))
)

export const checkTls = OptionCheck.record<Tls>({
  ca: OptionCheck.either(Array.isArray, OptionCheck.list(pem), pem),
  cert: pem,
  key: redactedPem,
  passphrase: OptionCheck.redacted,
  servername: OptionCheck.text,
  allowUntrustedCertificates: OptionCheck.flag
})

export const checkProxy = OptionCheck.secret(
  "a URL such as http://proxy.example:8080, as a text or Redacted",
  (value) => typeof value === "string" || (Redacted.isRedacted(value) && typeof Redacted.value(value) === "string")
)

const proxyProtocols: ReadonlySet<string> = new Set(["http:", "https:", "socks5:"])

/** The URL of a proxy may hold a password: nothing of it is told. */
export const proxyUrl = (proxy: string | Redacted.Redacted<string>): string => {
  const text = typeof proxy === "string" ? proxy : Redacted.value(proxy)
  return text === environment ? text : checked("transport.proxy", text)
}

const checked = (option: string, text: string): string => {
  const url = URL.parse(text)
  if (url === null) throw invalid(option, "not a URL", "a URL such as http://proxy.example:8080")
  if (!proxyProtocols.has(url.protocol)) {
    throw invalid(option, `a URL of ${url.protocol}`, "a URL of http:, https: or socks5:")
  }
  return text
}

const invalid = (option: string, actual: string, accepts: string) =>
  new InvalidOption.InvalidOption({ option, actual, accepts })
