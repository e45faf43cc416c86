import type { Redacted } from "effect"
import { type KeyObject, timingSafeEqual } from "node:crypto"
import { macText } from "../../policy/internal/shortMac.ts"
import {
  type ContentPart,
  covers,
  type Encoding,
  type EventField,
  type HeaderList,
  type KeyForm,
  type MacKey,
  type SignatureScheme,
  type SingleHeader
} from "../SignatureScheme.ts"
import type { Delivery } from "./delivery.ts"
import type { DeliveryHeaders } from "./deliveryHeaders.ts"
import * as EventFields from "./eventFields.ts"
import * as LateFields from "./lateFields.ts"
import * as SigningKeys from "./signingKeys.ts"
import * as Timestamps from "./timestamps.ts"

/**
 * Most providers sign alike: one HMAC, in one header, over the body and what stands before it. Such a delivery is
 * accepted here in one pass. Whatever is not plainly right is not decided here: `undefined` leaves it to the judge, who
 * knows all cases and says why. So what is accepted here is what the judge accepts, and to the same effect.
 */
export const accept = (scheme: SignatureScheme, input: Given): LateFields.Known | undefined =>
  planOf(scheme)?.accept(input, LateFields.describe)

/** As {@link accept}, for who asks for the id and the type in any case: reading them late would cost more. */
export const acceptAndRead = (scheme: SignatureScheme, input: Given): LateFields.Known | undefined =>
  planOf(scheme)?.accept(input, LateFields.read)

const plans = new WeakMap<SignatureScheme, { readonly plan: Plan | undefined }>()

const planOf = (scheme: SignatureScheme): Plan | undefined => {
  const known = plans.get(scheme)
  if (known !== undefined) return known.plan
  const made = { plan: isPlain(scheme) ? new Plan(scheme) : undefined }
  plans.set(scheme, made)
  return made.plan
}

interface Given extends Pick<Delivery, "method" | "url" | "headers" | "body"> {
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  readonly now: number
}

/** A scheme with no more to it than the name of this file says. */
interface Plain extends SignatureScheme {
  readonly signature: (SingleHeader | HeaderList) & { readonly encoding: TextEncoding }
  readonly keys: readonly [MacKey, ...ReadonlyArray<KeyForm>]
}

const isPlain = (scheme: SignatureScheme): scheme is Plain =>
  isPlainSignature(scheme) &&
  isPlainKey(scheme) &&
  isPlainContent(scheme) &&
  isPlainTimestamp(scheme) &&
  scheme.bindings.length === 0 &&
  scheme.eventType.length <= 1 &&
  [scheme.eventId, ...scheme.eventType].every(isPlainField)

type TextEncoding = Exclude<Encoding, "utf8">

const isPlainSignature = ({ signature }: SignatureScheme): boolean =>
  (signature._tag === "HeaderList" && signature.encoding !== "utf8") ||
  (signature._tag === "SingleHeader" &&
    signature.encoding !== "utf8" &&
    signature.names.length === 1 &&
    signature.separator === undefined &&
    !signature.isRepeated)

const isPlainKey = ({ keys: [key], signature }: SignatureScheme): boolean =>
  key?._tag === "Mac" &&
  key.idSeparator === undefined &&
  key.alternative === undefined &&
  (key.label === undefined) === (signature._tag === "SingleHeader")

const isPlainContent = (scheme: SignatureScheme): boolean => {
  const { alternatives, parts } = scheme.signedContent
  const slots = parts.flatMap((part) => (part._tag === "Slot" ? part.slot : []))
  return (
    alternatives.length === 0 &&
    parts.every((part) => part._tag === "Text" || part._tag === "Slot") &&
    slots.every((slot) => slot === "body" || slot === "timestamp" || slot === "id") &&
    slots.filter((slot) => slot === "body").length === 1 &&
    (scheme.eventId?._tag === "Header" || !slots.includes("id"))
  )
}

const isPlainTimestamp = (scheme: SignatureScheme): boolean =>
  scheme.timestamp === undefined
    ? !covers(scheme, "timestamp")
    : covers(scheme, "timestamp") && (scheme.timestamp.at._tag === "Header" || isInList(scheme))

const isInList = ({ signature, timestamp }: SignatureScheme): boolean =>
  timestamp?.at._tag === "ListItem" && signature._tag === "HeaderList"

const isPlainField = (field: EventField | undefined): boolean =>
  field === undefined || field._tag === "Header" || field._tag === "Body"

/** Where the value of a header is among those that matter, if it does. */
type Index = number | undefined

type Values = ReadonlyArray<string | undefined>

/** What a delivery claims, as it is written. */
interface Claim {
  readonly signature: string
  readonly stamp: string | undefined
  readonly id: string | undefined
  readonly type: string | undefined
}

const maxHeaderLength = 8192

const digestBytes = { sha1: 20, sha256: 32, sha512: 64 }

/** How many characters a digest has when it is written. */
const digitsOf = (bytes: number, encoding: string): number => {
  if (encoding === "hex") return bytes * 2
  return encoding === "base64" ? Math.ceil(bytes / 3) * 4 : Math.ceil((bytes * 4) / 3)
}

class Plan {
  readonly #scheme: Plain
  readonly #names: Array<string> = []
  readonly #signatureAt: Index
  readonly #stampAt: Index
  readonly #idAt: Index
  readonly #typeAt: Index
  readonly #signatureStart: string
  readonly #stampStart: string
  readonly #isIdSigned: boolean
  readonly #afterId: string
  readonly #made: Buffer
  readonly #claimed: Buffer
  readonly #before: ReadonlyArray<ContentPart>
  readonly #after: ReadonlyArray<ContentPart>

  constructor(scheme: Plain) {
    const { eventId, eventType, keys, signature, signedContent, timestamp } = scheme
    const body = signedContent.parts.findIndex((part) => part._tag === "Slot" && part.slot === "body")
    this.#scheme = scheme
    this.#signatureAt = this.#look(signature._tag === "HeaderList" ? signature.name : signature.names[0])
    this.#stampAt = this.#look(timestamp?.at._tag === "Header" ? timestamp.at.name : undefined)
    this.#idAt = this.#look(eventId?._tag === "Header" ? eventId.name : undefined)
    this.#typeAt = this.#look(eventType[0]?._tag === "Header" ? eventType[0].name : undefined)
    this.#signatureStart = startOf(signature, keys[0].label)
    this.#stampStart = timestamp?.at._tag === "ListItem" ? startOf(signature, timestamp.at.label) : ""
    this.#isIdSigned = this.#idAt !== undefined && covers(scheme, "id")
    this.#afterId = EventFields.textAfterId(signedContent.parts)
    this.#made = Buffer.alloc(digitsOf(digestBytes[keys[0].hash], signature.encoding))
    this.#claimed = Buffer.alloc(this.#made.length)
    this.#before = signedContent.parts.slice(0, body)
    this.#after = signedContent.parts.slice(body + 1)
  }

  accept(input: Given, describe: typeof LateFields.describe): LateFields.Known | undefined {
    const [secret] = input.secrets
    if (secret === undefined || input.secrets.length > 1) return undefined
    const values = this.#read(input.headers)
    const claim = values && this.#claimOf(values)
    if (claim === undefined || !this.#isPlausible(claim)) return undefined
    const millis = this.#millisOf(claim.stamp)
    if (!this.#isInTime(millis, input.now)) return undefined
    const { form, key } = SigningKeys.oneForVerifying(this.#scheme.keys, secret)
    return key !== undefined && form === this.#scheme.keys[0] && this.#isSigned(key, claim, input.body)
      ? this.#describe(claim, millis, input, describe)
      : undefined
  }

  #look(name: string | undefined): Index {
    return name === undefined ? undefined : this.#names.push(name.toLowerCase()) - 1
  }

  /** The headers that matter, unless one of them is repeated. */
  #read(headers: DeliveryHeaders): Values | undefined {
    const names = this.#names
    const values: Array<string | undefined> = []
    for (const header of headers) {
      for (let index = 0; index < names.length; index++) {
        if (!isName(header[0], names[index] ?? "")) continue
        if (values[index] !== undefined) return undefined
        values[index] = header[1]
      }
    }
    return values
  }

  #claimOf(values: Values): Claim | undefined {
    const { signature } = this.#scheme
    const text = at(values, this.#signatureAt)
    if (text === undefined || text.length > maxHeaderLength) return undefined
    if (signature._tag === "HeaderList") return this.#claimOfList(signature.separator, text, values)
    return text.startsWith(this.#signatureStart)
      ? this.#claim(values, text.slice(this.#signatureStart.length), at(values, this.#stampAt))
      : undefined
  }

  /** One signature and one timestamp at most, and nothing else that is known. */
  #claimOfList(separator: string, text: string, values: Values): Claim | undefined {
    let stamp = at(values, this.#stampAt)
    let signature: string | undefined
    for (let from = 0; from <= text.length;) {
      const next = text.indexOf(separator, from)
      const end = next === -1 ? text.length : next
      if (signature === undefined && isItem(text, this.#signatureStart, from, end)) {
        signature = text.slice(from + this.#signatureStart.length, end)
      } else if (stamp === undefined && this.#stampStart !== "" && isItem(text, this.#stampStart, from, end)) {
        stamp = text.slice(from + this.#stampStart.length, end)
      } else return undefined
      from = end + separator.length
    }
    return signature === undefined ? undefined : this.#claim(values, signature, stamp)
  }

  #claim(values: Values, signature: string, stamp: string | undefined): Claim {
    return { signature, stamp, id: at(values, this.#idAt), type: at(values, this.#typeAt) }
  }

  #isPlausible({ id, signature, type }: Claim): boolean {
    return (
      signature.length === this.#made.length &&
      (this.#isIdSigned ? this.#maySignId(id) : mayBeId(id)) &&
      mayBeType(type)
    )
  }

  #millisOf(stamp: string | undefined): number | undefined {
    const { timestamp } = this.#scheme
    return timestamp === undefined || stamp === undefined ? undefined : Timestamps.read(timestamp, stamp)
  }

  #isInTime(millis: number | undefined, now: number): boolean {
    const { timestamp } = this.#scheme
    if (timestamp === undefined) return true
    return millis !== undefined && Timestamps.isOfAge(timestamp, millis, now)
  }

  #maySignId(id: string | undefined): boolean {
    if (id === undefined || !EventFields.visibleAscii.test(id)) return false
    return this.#afterId === "" || !id.includes(this.#afterId)
  }

  /** In constant time, between two texts of the same length. There is but one way to write a digest. */
  #isSigned(key: KeyObject, claim: Claim, body: Uint8Array): boolean {
    const made = this.#made
    const claimed = this.#claimed
    made.write(this.#digest(key, claim, body))
    // A character of more than one byte may not fit, and would leave there what was written before.
    return claimed.write(claim.signature) === claimed.length && timingSafeEqual(made, claimed)
  }

  /** A digest that is written costs less to come by than its bytes. */
  #digest(key: KeyObject, claim: Claim, body: Uint8Array): string {
    const { keys, signature } = this.#scheme
    const before = fill(this.#before, claim)
    return macText(keys[0].hash, key, signature.encoding, before, body, fill(this.#after, claim))
  }

  #describe(
    { id, type }: Claim,
    timestamp: number | undefined,
    input: Given,
    describe: typeof LateFields.describe
  ): LateFields.Known {
    const { eventId, eventType } = this.#scheme
    const unsigned: Array<"id" | "type"> = []
    if (id !== undefined && !this.#isIdSigned) unsigned.push("id")
    if (type !== undefined) unsigned.push("type")
    const known: LateFields.Known = { id, type, timestamp, signedBy: 0, unsigned }
    return eventId?._tag === "Body" || eventType[0]?._tag === "Body" ? describe(known, this.#scheme, input) : known
  }
}

/** What stands before a signature, or before another item of its list. */
const startOf = (signature: Plain["signature"], label = ""): string =>
  signature._tag === "HeaderList" ? label + signature.assignment : signature.prefix

/** Whether the item of a list that is there from one place to another begins so. */
const isItem = (text: string, start: string, from: number, end: number): boolean =>
  from + start.length <= end && text.startsWith(start, from)

const isName = (name: string, wanted: string): boolean =>
  name.length === wanted.length && (name === wanted || name.toLowerCase() === wanted)

const at = (values: Values, index: Index): string | undefined => (index === undefined ? undefined : values[index])

const mayBeType = (text: string | undefined): boolean => text === undefined || EventFields.isPlainText(text)

const mayBeId = (text: string | undefined): boolean => text === undefined || EventFields.visibleAscii.test(text)

const fill = (parts: ReadonlyArray<ContentPart>, { id, stamp }: Claim): string => {
  let text = ""
  for (const part of parts) {
    if (part._tag === "Text") text += part.text
    else if (part._tag === "Slot") text += (part.slot === "id" ? id : stamp) ?? ""
  }
  return text
}
