/** Addresses of requests: a base URL, its headers, and the origins that receive credentials. */
import * as AddressGuard from "../../crypto/AddressGuard.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"

/** The address of one instance of an integration, or of one of its tenants. */
export interface Address {
  readonly baseUrl: string
  /** Overridden by those of an endpoint and of a caller; by name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The origins that the integration lists, besides that of its base URL. */
  readonly origins: ReadonlySet<string>
}

type Check = (option: string, value: unknown) => string

/** A base URL without the slash at its end; throws `InvalidOption` for anything else. */
export const validBaseUrl: Check = (option, baseUrl) => {
  const url = typeof baseUrl === "string" && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url !== undefined && isHttp(url) && isWithoutUser(url) && url.search === "" && url.hash === "") {
    return url.href.replace(/\/$/, "")
  }
  throw new InvalidOption.InvalidOption({
    option,
    actual: url === undefined ? shown(baseUrl) : `a URL with other parts or another scheme`,
    accepts: "an http or https URL without credentials, query or fragment"
  })
}

/** An origin as `URL` writes it; throws `InvalidOption` for a URL with a path. */
export const validOrigin: Check = (option, origin) => {
  const url = typeof origin === "string" && URL.canParse(origin) ? new URL(origin) : undefined
  if (url !== undefined && isHttp(url) && (origin === url.origin || `${url.origin}/` === url.href)) return url.origin
  throw new InvalidOption.InvalidOption({
    option,
    actual: url === undefined || isWithoutUser(url) ? shown(origin) : "a URL with credentials",
    accepts: 'origins such as "https://files.example", without a path'
  })
}

/** The token and the field value of RFC 9110, the latter in visible ASCII, by name in lower case. */
export const validHeaders = (
  option: string,
  headers: Readonly<Record<string, string>>
): Readonly<Record<string, string>> => {
  for (const [name, value] of Object.entries(headers)) {
    const isText = typeof value === "string" && /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value)
    if (isText && /^[\w!#$%&'*+.^`|~-]+$/.test(name)) continue
    throw new InvalidOption.InvalidOption({
      option,
      actual: `the invalid header ${JSON.stringify(name)}`,
      accepts: "header names with values of visible ASCII, without line breaks or white space around them"
    })
  }
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** Which origins a request of an endpoint may be sent to with credentials. */
export class Trust {
  readonly #prefix: string
  readonly #origins: ReadonlySet<string>
  readonly #mayBePlain: boolean

  constructor(baseUrl: string, { origins, ...address }: Address) {
    this.#prefix = `${baseUrl}/`
    this.#origins = new Set([...origins, new URL(baseUrl).origin, new URL(address.baseUrl).origin])
    const url = new URL(baseUrl)
    this.#mayBePlain = url.protocol === "http:" || AddressGuard.isLoopback(url)
  }

  /** Whether the credentials of the integration belong at this URL. */
  readonly includes = (url: string): boolean =>
    url.startsWith(this.#prefix) || (URL.canParse(url) && this.#origins.has(new URL(url).origin))

  /** Why a URL from a provider must not be called; undefined if it may be. */
  problemOf(url: URL): string | undefined {
    if (!isHttp(url)) return "is not an http or https URL"
    if (!isWithoutUser(url)) return "contains a user name or a password"
    const isSecure = url.protocol === "https:" || this.#mayBePlain || this.#origins.has(url.origin)
    return isSecure ? undefined : "is plain http, while the base URL is https"
  }
}

const isHttp = ({ protocol }: URL): boolean => protocol === "https:" || protocol === "http:"

const isWithoutUser = ({ password, username }: URL): boolean => username === "" && password === ""

/** An invalid URL may still contain a password. */
const shown = (value: unknown): string =>
  typeof value === "string" && !value.includes("@") ? JSON.stringify(value.slice(0, 200)) : `a ${typeof value}`
