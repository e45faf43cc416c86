/** Decides which parts of a request identify the caller, are secret, or can change its answer. */
import { Redacted } from "effect"

/** Further secret names besides the known ones: Effect's `CurrentRedactedNames`, or an integration's own. */
export type Names = ReadonlyArray<string | RegExp>

/** A request, or as much of it as there is. An `HttpClientRequest` is one. */
export interface Parts {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly url?: string
  readonly urlParams?: { readonly params: ReadonlyArray<readonly [string, string | Redacted.Redacted]> }
}

/** A secret of a request: where it is, by its name in lower case, and its value. */
export type Secret = readonly [name: string, value: string]

const secret = new RegExp(
  [
    "authorization|cookie|token|secret|passw|pwd|signature|credential|session",
    "(?:api|access|subscription|private|app|application|function|master)[-_]?key",
    "(?:^|[-_])(?:auth|jwt|key|pat|sig)(?:[-_]|$)"
  ].join("|")
)

/** Names that look like secrets, but belong to one request or to one page of a list. */
const notSecret = /idempotency|sec-websocket|(?:page|next|continuation|sync|cursor)[-_]?token/

const matches = (name: string, names: Names): boolean =>
  names.some((one) => (typeof one === "string" ? one.toLowerCase() === name : name.search(one) !== -1))

/** Whether a header, cookie or query parameter of this name, in lower case, holds a secret. */
export const isSecretName = (name: string, names: Names = []): boolean =>
  (secret.test(name) && !notSecret.test(name)) || matches(name, names)

/** Whether a query parameter of this name holds a secret; as a header, `appid` has another meaning. */
export const isSecretParameter = (name: string, names: Names = []): boolean =>
  /^appid$/i.test(name) || isSecretName(name.toLowerCase(), names)

/** Headers that select the account or user for whom the caller acts. */
const party = new RegExp(
  [
    "account|tenant|organi[sz]ation|impersonat|on-behalf-of",
    "(?:^|[-_])(?:act-as|as-user|org|team|workspace|project|user|customer|company|realm|principal|subject)(?:[-_]|$)"
  ].join("|")
)

const isPartyName = (name: string): boolean => party.test(name) && name !== "user-agent"

/** Headers that trace or identify a request, and differ between otherwise equal requests. */
const ofOneRequest =
  /^(?:traceparent|tracestate|baggage|b3|x-b3-.*|sentry-trace|uber-trace-id|x-amzn-trace-id|x-cloud-trace-context|x-datadog-.*|(?:x-)?(?:request|correlation|idempotency)-(?:id|key))$/

/** Whether a header of this name, in lower case, differs between requests that are otherwise the same. */
export const isOfOneRequest = (name: string): boolean => ofOneRequest.test(name)

/** Headers for a cache, a transport or a condition, and headers that describe the request's body. */
const handledElsewhere =
  /^(?:accept-encoding|accept-charset|user-agent|if-.*|range|cache-control|pragma|content-.*|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|host|date|via)$/

/** The headers that can change an answer, although its `Vary` may not say so: all except those that identify the caller and those without effect. */
export const selecting = (headers: Parts["headers"]): ReadonlyArray<Secret> =>
  inOrder(headers, (name) => !isWho(name, []) && !isOfOneRequest(name) && !handledElsewhere.test(name))

const isWho = (name: string, names: Names): boolean => isSecretName(name, names) || isPartyName(name)

/** The headers that identify the caller, or for whom it acts. */
export const partyHeaders = (headers: Parts["headers"], names: Names = []): ReadonlyArray<Secret> =>
  inOrder(headers, (name) => isWho(name, names))

/** The headers that hold secrets. */
export const secretHeaders = (headers: Parts["headers"], names: Names = []): ReadonlyArray<Secret> =>
  inOrder(headers, (name) => isSecretName(name, names))

const inOrder = (headers: Parts["headers"], isOne: (name: string) => boolean): ReadonlyArray<Secret> =>
  Object.entries(headers)
    .filter((header): header is [string, string] => header[1] !== undefined && isOne(header[0]))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))

/** The secrets in a URL: those of its query, and the user and password in front of its host. */
export const secretsOfUrl = ({ url = "", urlParams }: Parts, names: Names = []): ReadonlyArray<Secret> => {
  const parsed = /[?@]/.test(url) && URL.canParse(url) ? new URL(url) : undefined
  const user = decoded(parsed?.username ?? "")
  const password = decoded(parsed?.password ?? "")
  return [
    ...(user + password === "" ? [] : [["user", user] as const, ["password", password] as const]),
    ...[...(parsed?.searchParams ?? []), ...(urlParams?.params ?? [])].flatMap(
      ([name, value]): ReadonlyArray<Secret> => {
        if (typeof value !== "string") return [[name.toLowerCase(), String(Redacted.value(value))]]
        return isSecretParameter(name, names) ? [[name.toLowerCase(), value]] : []
      }
    )
  ]
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
