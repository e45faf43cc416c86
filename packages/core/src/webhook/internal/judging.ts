import { type Redacted, Result } from "effect"
import { covers, type SignatureScheme } from "../SignatureScheme.ts"
import { Reason, type WebhookError } from "../WebhookError.ts"
import * as Bindings from "./bindings.ts"
import * as Candidates from "./candidates.ts"
import * as Coverage from "./coverage.ts"
import { Delivery } from "./delivery.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as EventFields from "./eventFields.ts"
import * as JsonWebToken from "./jsonWebToken.ts"
import * as PlainMac from "./plainMac.ts"
import * as ProviderKeys from "./providerKeys.ts"
import { attempt, refuse } from "./refusal.ts"
import * as Signatures from "./signatures.ts"
import * as SignedContent from "./signedContent.ts"
import * as SigningKeys from "./signingKeys.ts"
import * as Timestamps from "./timestamps.ts"
import * as UrlForms from "./urlForms.ts"

/** What is judged, and by what. */
interface Given extends Pick<Delivery, "method" | "url" | "headers" | "body"> {
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  readonly now: number
  readonly keys?: ProviderKeys.Fetched | undefined
}

/** What is known of a delivery that was accepted. */
export interface Judged {
  readonly id: string | undefined
  readonly type: string | undefined
  readonly timestamp: number | undefined
  readonly signedBy: number
  readonly unsigned: ReadonlyArray<Part>
}

export type Part = "id" | "type" | "timestamp" | "body"

/** Accepts a delivery or says why not. An id or a type in its body may be read as late as when it is asked for. */
export const verify = (scheme: SignatureScheme, given: Given): Result.Result<Judged, WebhookError> =>
  attempt(scheme.id, () => {
    const input = renamed(scheme, given)
    return PlainMac.accept(scheme, input) ?? judge(scheme, input)
  })

/** As {@link verify}, with all that is to be read of the delivery read. */
export const verifyAndRead = (scheme: SignatureScheme, given: Given): Result.Result<Judged, WebhookError> =>
  attempt(scheme.id, () => {
    const input = renamed(scheme, given)
    return PlainMac.acceptAndRead(scheme, input) ?? judge(scheme, input)
  })

const renamed = (scheme: SignatureScheme, input: Given): Given => {
  const headers = DeliveryHeaders.renamed(scheme.headerAliases, input.headers)
  return headers === input.headers ? input : { ...input, headers }
}

/** Whether a delivery names what it must name, where that is known before its key is. */
export const isAddressedToAny = (
  scheme: SignatureScheme,
  request: Pick<Delivery, "method" | "url" | "headers" | "body">,
  secrets: ReadonlyArray<Redacted.Redacted<string>>
): boolean =>
  Result.getOrElse(
    attempt(scheme.id, () => {
      const delivery = new Delivery(request)
      if (scheme.signature._tag === "Jwt") Candidates.readItems(scheme.signature, delivery)
      return ProviderKeys.isAddressedToAny(scheme.keys, secrets, delivery)
    }),
    // What is wrong with it is found out by who looks for its key.
    () => true
  )

const judge = (scheme: SignatureScheme, input: Given): Judged => {
  const keys = SigningKeys.forVerifying(scheme.keys, input.secrets)
  const delivery = new Delivery(input, Coverage.isOfWholeBody(scheme) ? "mark" : "no mark")
  const claims = readClaims(scheme, delivery, keys)
  checkAge(scheme, claims.stamp, input.now)
  const source = sourceOf(scheme, delivery, claims)
  const signedBy = findSigner(scheme, source, ProviderKeys.resolve(keys, delivery, input.keys, input.now), claims)
  checkToken(scheme, delivery, keys[signedBy]?.id, input.now)
  Bindings.check(scheme.bindings, source)
  const parts = readParts(scheme, delivery)
  checkAge(scheme, parts.stamp, input.now)
  return describe(scheme, delivery, { ...parts, stamp: claims.stamp ?? parts.stamp }, signedBy)
}

/** What the delivery claims, all of it well formed, none of it believed yet. */
interface Claims {
  readonly candidates: ReadonlyArray<Candidates.Candidate>
  readonly stamp: Timestamps.Stamp | undefined
  readonly id: string
}

const readClaims = (
  scheme: SignatureScheme,
  delivery: Delivery,
  keys: ReadonlyArray<SigningKeys.SigningKey>
): Claims => {
  const items = Candidates.readItems(scheme.signature, delivery)
  return {
    stamp: Timestamps.beforeSignature(scheme, delivery, items),
    id: EventFields.signedId(scheme, delivery.headers),
    candidates: Candidates.readCandidates(scheme, items, keys, delivery)
  }
}

const checkAge = ({ timestamp }: SignatureScheme, stamp: Timestamps.Stamp | undefined, now: number): void => {
  if (timestamp !== undefined && stamp !== undefined) Timestamps.checkAge(timestamp, stamp, now)
}

const sourceOf = ({ bindings }: SignatureScheme, delivery: Delivery, { id, stamp }: Claims): SignedContent.Source => ({
  delivery,
  id,
  timestamp: stamp?.text ?? "",
  url: delivery.url,
  item: undefined,
  isFormHashed: bindings.some((binding) => binding.isOptional && Coverage.isThere(binding, delivery))
})

type Keys = ReadonlyArray<SigningKeys.SigningKey>

const findSigner = (
  scheme: SignatureScheme,
  source: SignedContent.Source,
  keys: Keys,
  { candidates }: Claims
): number =>
  (scheme.signature._tag === "InItems"
    ? signerOfAll(scheme, Candidates.elementsOf(scheme.signature, source.delivery), source, keys, candidates)
    : Signatures.signedBy(keys, candidates, contentsOf(scheme, source))) ??
  refuse(Reason.SignatureMismatch({ signatures: candidates.length, secrets: keys.length }))

const contentsOf = (
  { signedContent, urlForms }: SignatureScheme,
  source: SignedContent.Source
): Signatures.Contents => {
  const urls = UrlForms.formsOf(urlForms, source.url, source.delivery.parsedUrl())
  const assemble = (secret: string) =>
    urls.flatMap((url) => SignedContent.assembleAll(signedContent, { ...source, url }, secret))
  if (SignedContent.usesSecret(signedContent)) return ({ text }) => assemble(text)
  const contents = assemble("")
  return () => contents
}

/** The signer of the first item, when every item has one. */
const signerOfAll = (
  scheme: SignatureScheme,
  items: ReadonlyArray<unknown>,
  source: SignedContent.Source,
  keys: Keys,
  candidates: Claims["candidates"]
): number | undefined => {
  const signers = items.map((item, index) =>
    Signatures.signedBy(keys, candidates.slice(index, index + 1), contentsOf(scheme, { ...source, item }))
  )
  return signers.includes(undefined) ? undefined : signers[0]
}

const checkToken = (
  { signature, timestamp }: SignatureScheme,
  { token }: Delivery,
  issuer: string | undefined,
  now: number
): void => {
  if (signature._tag !== "Jwt" || token === undefined) return
  JsonWebToken.checkClaims(signature, token, {
    now,
    issuer,
    needsExpiry: signature.needsExpiry && timestamp?.at._tag !== "Claim"
  })
}

/** What a delivery says of itself, read once its signature was accepted. */
interface Parts {
  readonly id: EventFields.Found | undefined
  readonly type: EventFields.Found | undefined
  readonly stamp: Timestamps.Stamp | undefined
}

const readParts = (scheme: SignatureScheme, delivery: Delivery): Parts => ({
  id: readId(scheme.eventId, delivery),
  type: EventFields.readFirst(scheme.eventType, delivery),
  stamp: Timestamps.afterSignature(scheme, delivery)
})

const readId = (field: SignatureScheme["eventId"], delivery: Delivery): EventFields.Found | undefined => {
  const value = field && EventFields.readId(field, delivery)
  return field === undefined || value === undefined ? undefined : { value, field }
}

const describe = (scheme: SignatureScheme, delivery: Delivery, parts: Parts, signedBy: number): Judged => ({
  id: parts.id?.value,
  type: parts.type?.value,
  timestamp: parts.stamp?.millis,
  signedBy,
  unsigned: unsignedOf(scheme, delivery, parts)
})

const unsignedOf = (scheme: SignatureScheme, delivery: Delivery, { id, stamp, type }: Parts): ReadonlyArray<Part> => {
  const unsigned: Array<Part> = []
  const isOpen = (field: EventFields.Field) => !Coverage.ofField(scheme, field, delivery)
  if (id !== undefined && !covers(scheme, "id") && isOpen(id.field)) unsigned.push("id")
  if (type !== undefined && isOpen(type.field)) unsigned.push("type")
  if (stamp !== undefined && isStampOpen(scheme, isOpen)) unsigned.push("timestamp")
  if (!Coverage.ofBody(scheme, delivery)) unsigned.push("body")
  return unsigned
}

const isStampOpen = (scheme: SignatureScheme, isOpen: (field: EventFields.Field) => boolean): boolean => {
  const at = scheme.timestamp?.at
  return at !== undefined && !covers(scheme, "timestamp") && (at._tag === "ListItem" || isOpen(at))
}
