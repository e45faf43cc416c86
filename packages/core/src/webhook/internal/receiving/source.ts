import { Effect, type Redacted } from "effect"
import { InvalidOption, integer, positiveMillis } from "../../../policy/InvalidOption.ts"
import type { Answer, Head } from "./reception.ts"
import type { Handshake, SignatureScheme } from "../../SignatureScheme.ts"
import type { WebhookError } from "../../WebhookError.ts"
import * as WebhookVerifier from "../../WebhookVerifier.ts"
import { isPlain } from "../identity.ts"
import { plain } from "./answers.ts"
import * as Decoys from "./decoys.ts"
import type { Rules } from "./head.ts"
import type { Acknowledgement, Source as Options } from "./options.ts"
import * as Secrets from "./secrets.ts"
import { RefusalLog, SourceMetrics } from "./telemetry.ts"

/** A source as its options say, checked, with what is worked out once. */
export interface Source<E, R> {
  readonly name: string
  /** As it is verified: with its `retryTolerance`, where events are deduplicated. */
  readonly scheme: SignatureScheme
  readonly options: Options<E, R>
  readonly rules: Rules
  /** The methods of requests that only ask whether there is a receiver. */
  readonly probes: ReadonlySet<string>
  readonly accepts: { readonly methods: string; readonly types: string }
  readonly secrets: Secrets.Reader<E, R>
  readonly verifyTokens: Secrets.Reader<E, R>
  /** Secrets to verify with; `undefined` stands for an unknown tenant. */
  readonly padded: (own: Values | undefined) => Values
  readonly opens: ReadonlySet<Handshake["_tag"]>
  readonly needsKeys: boolean
  /** Whether each delivery is one event, whose id is its identity. */
  readonly isPlain: boolean
  /** How long a computed answer may take, since the delivery came. */
  readonly answerWithinMillis: number
  /** The secrets, where nothing has to be looked up or answered before a signature is verified. */
  readonly atOnce: Values | undefined
  readonly metrics: SourceMetrics
  readonly refusals: RefusalLog
  /** The header of a delivery that its answer repeats. */
  readonly echo: string | undefined
  readonly stored: Answer
  readonly duplicate: Answer
  readonly urlOf: (head: Head) => string
}

type Values = ReadonlyArray<Redacted.Redacted<string>>

/** What the receiver says of all its sources. */
interface Defaults {
  readonly maxBodySize: number | undefined
  /** Whether an event that comes again is recognised. */
  readonly deduplicates: boolean
}

const defaultMaxBodySize = 1024 * 1024

export const make = <E, R>(name: string, options: Options<E, R>, defaults: Defaults): Source<E, R> => {
  const scheme = schemeOf(options, defaults)
  const maxBodySize =
    options.maxBodySize ?? defaults.maxBodySize ?? Math.max(defaultMaxBodySize, scheme.delivery.maxBytes ?? 0)
  const { acknowledgement = scheme.delivery.acknowledgement, contentTypes = scheme.delivery.contentTypes } = options
  const handshakes = listed(scheme.handshake)
  const challenges = handshakes.flatMap((handshake) => ("method" in handshake ? handshake.method : []))
  const methods = new Set<string>([...challenges, ...scheme.delivery.probes])
  const eventMethods = new Set<string>(scheme.delivery.methods)
  const secrets = Secrets.reader(options.secrets)
  check(name, options)
  return {
    name,
    scheme,
    options,
    rules: {
      maxBodySize: integer(`${name}.maxBodySize`, maxBodySize, 1),
      methods,
      eventMethods,
      contentTypes: contentTypes && new Set(contentTypes.map((type) => checkType(name, type))),
      mayOmitType: options.contentTypes === undefined
    },
    probes: new Set<string>(scheme.delivery.probes),
    accepts: {
      methods: [...new Set([...methods, ...eventMethods])].toSorted().join(", "),
      types: contentTypes?.join(", ") ?? "*/*"
    },
    secrets,
    verifyTokens: Secrets.reader(options.verifyTokens ?? []),
    padded: secrets.isPerTenant ? paddedFor(scheme) : (own) => own ?? [],
    opens: new Set(handshakes.map(({ _tag }) => _tag)),
    needsKeys: needsKeys(scheme),
    isPlain: isPlain(scheme),
    answerWithinMillis: answerWithinOf(name, options),
    atOnce: needsKeys(scheme) || handshakes.some(isOpen) ? undefined : secrets.constant,
    metrics: new SourceMetrics(name),
    refusals: new RefusalLog(),
    echo: scheme.delivery.acknowledgement?.echo,
    stored: acknowledged("stored", acknowledgement),
    duplicate: acknowledged("duplicate", acknowledgement),
    urlOf: urlReader(options)
  }
}

/** What is left of the provider's patience for the way there and back. */
const margin = 500

const answerWithinOf = <E, R>(name: string, { answerWithin, scheme }: Options<E, R>): number =>
  answerWithin === undefined
    ? Math.max((scheme.delivery.answerWithinMillis ?? 3000) - margin, margin)
    : positiveMillis(`${name}.answerWithin`, answerWithin)

const schemeOf = <E, R>({ scheme, splitBatches = true }: Options<E, R>, defaults: Defaults): SignatureScheme => {
  const { batch, timestamp } = scheme
  const past = defaults.deduplicates ? timestamp?.retryToleranceMillis : undefined
  return {
    ...scheme,
    batch: splitBatches ? batch : undefined,
    timestamp:
      timestamp === undefined || past === undefined
        ? timestamp
        : { ...timestamp, toleranceMillis: { ...timestamp.toleranceMillis, past } }
  }
}

const listed = (described: SignatureScheme["handshake"]): ReadonlyArray<Handshake> =>
  described === undefined ? [] : "_tag" in described ? [described] : described

const isOpen = ({ _tag }: Handshake): boolean => _tag.startsWith("Open") || _tag === "SecretOffer"

const needsKeys = ({ keys }: SignatureScheme): boolean =>
  keys.some(({ _tag }) => _tag === "Certificate" || _tag === "Jwk")

const paddedFor = (scheme: SignatureScheme) => {
  const pad = Decoys.padding(scheme)
  return (own: Values | undefined): Values => pad(own ?? [])
}

const acknowledged = (body: string, options: Acknowledgement = {}): Answer => {
  const answer = plain(200)
  const contentType = options.contentType ?? answer.headers["content-type"] ?? ""
  const status = options.status ?? 200
  return status === 204
    ? { status, headers: {}, body: "" }
    : { status, headers: { "content-type": contentType }, body: options.body ?? body }
}

const reject = (source: string, option: string, actual: string, accepts: string): never => {
  throw new InvalidOption({ option: `${source}.${option}`, actual, accepts })
}

const check = <E, R>(name: string, options: Options<E, R>): void => {
  const { acknowledgement, keys, publicOrigin, publicUrl, scheme } = options
  if (keys === undefined && needsKeys(scheme)) {
    reject(
      name,
      "keys",
      "missing",
      `WebhookKeys.WebhookKeys, because ${scheme.id} verifies with a key of the provider's`
    )
  }
  if (publicUrl !== undefined && publicOrigin !== undefined) {
    reject(name, "publicOrigin", JSON.stringify(publicOrigin), "left out where there is a publicUrl")
  }
  if (publicUrl !== undefined && !URL.canParse(publicUrl)) {
    reject(name, "publicUrl", JSON.stringify(publicUrl), "an absolute URL")
  }
  if (publicOrigin !== undefined && !isPublicOrigin(publicOrigin)) {
    reject(
      name,
      "publicOrigin",
      JSON.stringify(publicOrigin),
      "an origin such as https://hooks.example.com, with the path that a proxy removes, such as https://example.com/api"
    )
  }
  const status = acknowledgement?.status ?? 200
  if (!Number.isInteger(status) || status < 200 || status > 299) {
    reject(name, "acknowledgement.status", String(status), "a status from 200 to 299")
  }
}

const checkType = (name: string, type: string): string =>
  /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(type.toLowerCase())
    ? type.toLowerCase()
    : reject(name, "contentTypes", JSON.stringify(type), "media types such as application/json")

const isPublicOrigin = (text: string): boolean => {
  const url = URL.parse(text)
  const path = url?.pathname === "/" ? "" : (url?.pathname ?? "")
  return url !== null && /^https?:$/.test(url.protocol) && text === url.origin + path && !path.endsWith("/")
}

/** What the provider called: as configured, or what the request says of itself. The query is always the request's. */
const urlReader = <E, R>({ publicOrigin, publicUrl }: Options<E, R>): ((head: Head) => string) => {
  if (publicUrl !== undefined) {
    return publicUrl.includes("?") ? () => publicUrl : ({ url }) => publicUrl + queryOf(url)
  }
  return publicOrigin === undefined ? urlOf : ({ url }) => publicOrigin + pathAndQuery(url)
}

/** The URL of a request as the server sees it. */
export const urlOf = ({ origin = "http://localhost", url }: Head): string => (url.startsWith("/") ? origin + url : url)

const queryOf = (url: string): string => {
  const at = url.indexOf("?")
  return at < 0 ? "" : url.slice(at)
}

const pathAndQuery = (url: string): string =>
  url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?#]*/i, "") || "/"

/** Fails where the secrets can't be had or don't fit. Secrets of tenants are seen when they are asked for. */
export const checkSecrets = <E, R>({
  options,
  scheme,
  secrets
}: Source<E, R>): Effect.Effect<void, E | WebhookError, R> =>
  secrets.isPerTenant
    ? Effect.void
    : Effect.flatMap(secrets.read(undefined), (values = []) => {
        const isAwaited = values.length === 0 && options.acceptSecret !== undefined
        return isAwaited ? Effect.void : Effect.fromResult(WebhookVerifier.checkSecrets(scheme, values))
      })
