import { Redacted } from "effect"
import { createPublicKey, type JsonWebKey, type KeyObject, timingSafeEqual } from "node:crypto"
import type { CertificateKey, Hash, JwkKey, KeyForm } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as Certificates from "./certificates.ts"
import type { Delivery } from "./delivery.ts"
import * as EventFields from "./eventFields.ts"
import { refuse } from "./refusal.ts"
import { isP256, isStrongRsa, type SigningKey } from "./signingKeys.ts"

/** A JSON Web Key as it was fetched. */
export type Jwk = Readonly<Record<string, unknown>>

/** Where the key is that a delivery names. */
export type Needed =
  | { readonly _tag: "Certificate"; readonly url: string }
  | { readonly _tag: "Jwk"; readonly url: string; readonly kid: string }

/** Keys that were fetched, by URL and by `kid`. */
export interface Fetched {
  readonly certificates?: Readonly<Record<string, string>> | undefined
  readonly jwks?: Readonly<Record<string, Jwk>> | undefined
}

export const locate = (form: KeyForm, delivery: Delivery): Needed | undefined => {
  if (form._tag === "Certificate") return { _tag: "Certificate", url: certificateUrl(form, delivery) }
  return form._tag === "Jwk" ? jwkPlace(form, kidOf(delivery)) : undefined
}

/** A `kid` in a path must not lead to another one. */
const pathSegment = /^[\w-]{1,128}$/

const jwkPlace = ({ url }: JwkKey, kid: string): Needed =>
  !url.includes("{kid}") || pathSegment.test(kid)
    ? { _tag: "Jwk", url: url.replace("{kid}", kid), kid }
    : refuse(Reason.UntrustedKey({ field: "kid", expected: "1 to 128 letters, digits, dashes and underscores" }))

const certificateUrl = (form: CertificateKey, delivery: Delivery): string => {
  const text = EventFields.textOf(form.url, delivery) ?? EventFields.refuseField(form.url, "the URL of a certificate")
  return isTrusted(form, text)
    ? text
    : refuse(
        Reason.UntrustedKey({
          field: EventFields.nameOf(form.url),
          expected: `at https://, on ${form.hosts.join(" or ")}, with a path ${form.path.prefix}…${form.path.suffix}`
        })
      )
}

const isTrusted = ({ hosts, path }: CertificateKey, text: string): boolean => {
  const url = text.length <= 2048 ? URL.parse(text) : null
  // A URL that is not written as it is read might be another one to somebody else.
  if (url === null || url.href !== text || `${url.origin}${url.pathname}` !== text) return false
  return (
    url.protocol === "https:" &&
    url.port === "" &&
    isHost(hosts, url.hostname) &&
    url.pathname.startsWith(path.prefix) &&
    url.pathname.endsWith(path.suffix)
  )
}

/** Whether a host name is one of those listed, in which `{region}` stands for the name of an AWS region. */
export const isHost = (patterns: ReadonlyArray<string>, host: string): boolean =>
  patterns.some((pattern) => {
    const labels = host.split(".")
    const wanted = pattern.split(".")
    return wanted.length === labels.length && wanted.every((label, index) => isLabel(label, labels[index] ?? ""))
  })

/**
 * The form of an AWS region, such as `us-gov-west-1`. Any label would do for a stranger: `sns.s3.amazonaws.com` and
 * `sns.s3-us-west-2.amazonaws.com` are a bucket named `sns`, which belongs to whoever created it.
 */
const region = /^[a-z]{2,4}(?:-[a-z]{2,10}){1,3}-[1-9][0-9]?$/

/** Whether a URL may be fetched that must be at one of the hosts. */
export const isTrustedUrl = (
  hosts: ReadonlyArray<string>,
  { hostname, password, port, protocol, username }: URL
): boolean => protocol === "https:" && port === "" && username === "" && password === "" && isHost(hosts, hostname)

const isLabel = (wanted: string, label: string): boolean =>
  wanted === "{region}" ? region.test(label) : wanted === label

const kidOf = ({ token }: Delivery): string => {
  const kid = token?.kid
  return kid !== undefined && EventFields.visibleAscii.test(kid)
    ? kid
    : refuse(Reason.UntrustedKey({ field: "kid", expected: EventFields.visibleAsciiExpected }))
}

/** The keys with what the delivery and the fetched keys add to them. */
export const resolve = (
  keys: ReadonlyArray<SigningKey>,
  delivery: Delivery,
  fetched: Fetched | undefined,
  now: number
): ReadonlyArray<SigningKey> => {
  const form = keys[0]?.form
  switch (form?._tag) {
    case "JwtSecret":
    case "JwtKey":
      return keys.map((key) => ({ ...key, algorithm: delivery.token?.algorithm }))
    case "Jwk": {
      const key = jwkKey(form, delivery, fetched, now)
      const algorithm = delivery.token?.algorithm
      return keys.map((each) => ({ ...each, key, algorithm, isAddressed: isAddressed(form, each.text, delivery) }))
    }
    case "Certificate": {
      const key = certificateKey(form, delivery, fetched, now)
      const hash = hashOf(form, delivery)
      return keys.map((each) => ({ ...each, key, hash, isAddressed: isAddressed(form, each.text, delivery) }))
    }
    default:
      return keys
  }
}

const own = <A>(record: Readonly<Record<string, A>> | undefined, key: string): A | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined

const certificateKey = (
  form: CertificateKey,
  delivery: Delivery,
  fetched: Fetched | undefined,
  now: number
): KeyObject => {
  const field = EventFields.nameOf(form.url)
  const pem = own(fetched?.certificates, certificateUrl(form, delivery)) ?? refuse(Reason.MissingKey({ field }))
  const certificate = Certificates.read(pem)
  return certificate !== undefined && Certificates.isValidAt(certificate, now) && isStrongRsa(certificate.publicKey)
    ? certificate.publicKey
    : refuse(Reason.UntrustedKey({ field, expected: "a certificate of an RSA key that is valid now, with its chain" }))
}

export const hashOf = ({ hash }: CertificateKey, delivery: Delivery): Hash => {
  if (typeof hash === "string") return hash
  const name = EventFields.read(hash.field, delivery)
  return (
    (name === undefined ? undefined : own(hash.values, name)) ??
    refuse(
      Reason.UnsupportedAlgorithm({
        header: EventFields.nameOf(hash.field),
        accepted: Object.keys(hash.values)
      })
    )
  )
}

/** Whether a delivery names one of the secrets that it must name; one that does not is not worth fetching a key for. */
export const isAddressedToAny = (
  forms: ReadonlyArray<KeyForm>,
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
  delivery: Delivery
): boolean =>
  forms.every(
    (form) =>
      !needsAudience(form) || secrets.filter((secret) => isAddressed(form, Redacted.value(secret), delivery)).length > 0
  )

const needsAudience = (form: KeyForm): form is CertificateKey | JwkKey =>
  (form._tag === "Jwk" && form.needsAudience) || (form._tag === "Certificate" && form.audience !== undefined)

const isAddressed = (form: CertificateKey | JwkKey, text: string, delivery: Delivery): boolean => {
  if (form._tag === "Jwk") return !form.needsAudience || namesOf(form, delivery).some((name) => isSame(name, text))
  return form.audience === undefined || isSame(EventFields.textOf(form.audience, delivery) ?? "", text)
}

/** A token is for one or for several. */
const namesOf = ({ audienceWith }: JwkKey, { token }: Delivery): ReadonlyArray<string> => {
  const others = audienceWith.map((claim) => token?.claims[claim])
  if (!others.every((value) => typeof value === "string")) return []
  const audiences = [token?.claims["aud"]].flat().filter((name) => typeof name === "string")
  return audiences.map((audience) => [audience, ...others].join(" "))
}

/** The claims that a secret names. */
export const audienceClaims = (form: KeyForm | undefined, secret: string | undefined): Jwk => {
  if (form?._tag !== "Jwk" || !form.needsAudience || secret === undefined) return {}
  const [audience, ...others] = secret.split(" ", form.audienceWith.length + 1)
  return { aud: [audience], ...Object.fromEntries(form.audienceWith.map((claim, index) => [claim, others[index]])) }
}

const isSame = (named: string, expected: string): boolean => {
  const [left, right] = [Buffer.from(named), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

const jwkKey = (form: JwkKey, delivery: Delivery, fetched: Fetched | undefined, now: number): KeyObject => {
  const jwk = own(fetched?.jwks, kidOf(delivery)) ?? refuse(Reason.MissingKey({ field: "kid" }))
  const algorithm = delivery.token?.algorithm ?? ""
  const key = isFor(jwk, form, algorithm, now) ? importJwk(jwk) : undefined
  const isFit = algorithm === "ES256" ? isP256 : isStrongRsa
  return key !== undefined && isFit(key)
    ? key
    : refuse(Reason.UntrustedKey({ field: "kid", expected: `a public key for ${form.algorithms.join(" or ")}` }))
}

const isFor = (jwk: Jwk, { algorithms }: JwkKey, algorithm: string, now: number): boolean => {
  const { alg, expired_at: expired, use } = jwk
  return (
    algorithms.some((each) => each === algorithm) &&
    (alg === undefined || alg === algorithm) &&
    (use === undefined || use === "sig") &&
    !(typeof expired === "number" && expired * 1000 <= now)
  )
}

const imported = new WeakMap<Jwk, KeyObject>()

const importJwk = (jwk: Jwk): KeyObject | undefined => {
  const known = imported.get(jwk)
  if (known !== undefined) return known
  try {
    // A private or a symmetric key has no business among public ones.
    if ("d" in jwk || jwk["kty"] === "oct") return undefined
    // `createPublicKey` checks the members itself, and throws where one is wrong.
    const key = createPublicKey({ format: "jwk", key: jwk as JsonWebKey })
    imported.set(jwk, key)
    return key
  } catch {
    return undefined
  }
}
