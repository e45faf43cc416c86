import { Result } from "effect"
import * as AddressGuard from "../../../crypto/AddressGuard.ts"

/** What a URL that is asked for secrets must be; undefined when this one is. */
export const problemOfUrl = (text: string, allowInsecure: boolean): string | undefined => {
  const url = URL.parse(text)
  const isSecure =
    url?.protocol === "https:" || (url?.protocol === "http:" && (allowInsecure || AddressGuard.isLoopback(url)))
  const isPlain = url?.username === "" && url.password === "" && !text.includes("#")
  return isSecure && isPlain ? undefined : "an absolute URL of https, without credentials and without a fragment"
}

/** Where the URLs of a server may lead that the program has not chosen itself. */
export interface Reach {
  readonly allowInsecure: boolean
  /** Whether they may lead to this machine, also without TLS. */
  readonly allowLoopback: boolean
  readonly allowPrivateNetworks: boolean
  /** The origins that the program has chosen, wherever they are; undefined for all. */
  readonly trustedOrigins: ReadonlyArray<string> | undefined
}

/** Why a URL that a third party has chosen must not be requested; undefined when it may be. */
export const problemOfForeignUrl = (text: string, reach: Reach): string | undefined => {
  const problem = problemOfUrl(text, reach.allowInsecure)
  if (problem !== undefined) return `is not ${problem}`
  const url = new URL(text)
  if (url.protocol === "http:" && !reach.allowInsecure && !reach.allowLoopback) {
    return "is plain http, which only an issuer on this machine may name"
  }
  if (isTrusted(reach, url.origin)) return undefined
  const checked = AddressGuard.check(url, reach)
  return Result.isFailure(checked) ? `leads where it must not: ${checked.failure.message}` : undefined
}

const isTrusted = ({ trustedOrigins }: Pick<Reach, "trustedOrigins">, origin: string): boolean =>
  trustedOrigins?.includes(origin) === true

/** Whether a request to an endpoint of a server must connect to public addresses alone. */
export const isGuarded = (server: Pick<Reach, "trustedOrigins">, url: string): boolean =>
  server.trustedOrigins !== undefined && !isTrusted(server, new URL(url).origin)
