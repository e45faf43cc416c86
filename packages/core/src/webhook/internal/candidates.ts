import type {
  Encoding,
  HeaderList,
  InField,
  InItems,
  Jwt,
  KeyForm,
  Signature,
  SignatureScheme,
  SingleHeader
} from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import type { Delivery } from "./delivery.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as Encodings from "./encodings.ts"
import * as EventFields from "./eventFields.ts"
import * as JsonWebToken from "./jsonWebToken.ts"
import { refuse } from "./refusal.ts"
import type { SigningKey } from "./signingKeys.ts"

/** A signature that the delivery claims to have, under the label of the key form that may have made it. */
export interface Candidate {
  readonly label: string | undefined
  /** The id of the key that may have made it, where the delivery says so. */
  readonly keyId: string | undefined
  readonly bytes: Buffer
}

/** A labelled text among the signatures, not yet decoded. */
export interface Item {
  readonly label: string | undefined
  readonly keyId: string | undefined
  readonly text: string
}

/** Far more than any rotation needs, and little enough to try them all. */
export const maxSignatures = 32

/**
 * More than a body of the usual size has room for. Each item has a signature of its own, which is tried with that item
 * alone: the work grows as the body does.
 */
const maxItems = 4096

const limitOf = ({ _tag }: Signature): number => (_tag === "InItems" ? maxItems : maxSignatures)

const maxHeaderLength = 8192

/** Names where the signatures are in an error. */
export const placeOf = (signature: Signature): string => {
  switch (signature._tag) {
    case "HeaderList":
    case "Jwt":
      return signature.name
    case "SingleHeader":
      return signature.names.length <= 2 ? signature.names.join(" or ") : `${signature.names[0]} and the following`
    case "InField":
      return EventFields.nameOf(signature.field)
    case "InItems":
      return signature.signature.join(".")
  }
}

export const readItems = (signature: Signature, delivery: Delivery): ReadonlyArray<Item> => {
  switch (signature._tag) {
    case "HeaderList":
      return readList(signature, delivery)
    case "SingleHeader":
      return readSingle(signature, delivery)
    case "InField":
      return readField(signature, delivery)
    case "InItems":
      return elementsOf(signature, delivery).map((item) => signatureOfItem(signature, item))
    case "Jwt":
      return [readToken(signature, delivery)]
  }
}

/** The signatures that one of the keys could have made, decoded. */
export const readCandidates = (
  { keys: forms, signature }: SignatureScheme,
  items: ReadonlyArray<Item>,
  keys: ReadonlyArray<SigningKey>,
  delivery: Delivery
): ReadonlyArray<Candidate> => {
  const header = placeOf(signature)
  const limit = limitOf(signature)
  const signatures = items.filter((item) => formOf(forms, item) !== undefined)
  if (signatures.length > limit) refuse(Reason.TooManySignatures({ header, limit }))
  const usable = forms.filter((form) => keys.some((key) => key.form === form))
  const read = signatures.flatMap((item) => decodeItem(signature, item, formOf(usable, item), delivery))
  const candidates = read.filter((each) => typeof each !== "string")
  const problem = read.find((each) => typeof each === "string")
  // One of several suffices, and those that are malformed are none of them; of items that are signed one by one, each must be.
  if (problem !== undefined && (candidates.length === 0 || signature._tag === "InItems")) malformed(signature, problem)
  return candidates.length > 0
    ? candidates
    : refuse(Reason.UnsupportedAlgorithm({ header, accepted: usable.flatMap(({ label }) => label ?? []) }))
}

const formOf = (forms: ReadonlyArray<KeyForm>, { label }: Item): KeyForm | undefined =>
  forms.find((form) => form.label === label)

/** The signature, or what it must be. */
const decodeItem = (
  signature: Signature,
  { keyId, label, text }: Item,
  form: KeyForm | undefined,
  delivery: Delivery
): Candidate | string | ReadonlyArray<never> => {
  if (form === undefined) return []
  const encoding = encodingOf(signature)
  const [min, max] = lengthsOf(form, signature, delivery)
  const bytes = Encodings.decode(encoding, text)
  return bytes !== undefined && bytes.length >= min && bytes.length <= max
    ? { label, keyId, bytes }
    : Encodings.describe(encoding, min, max)
}

const encodingOf = (signature: Signature): Encoding => (signature._tag === "Jwt" ? "base64url" : signature.encoding)

const hashLength = { sha1: 20, sha256: 32, sha512: 64 }

const tokenLength: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64, ES256: 64 }

const rsaLengths = [256, 1024] as const

/** The least and the most bytes of a signature. */
const lengthsOf = (form: KeyForm, signature: Signature, delivery: Delivery): readonly [min: number, max: number] => {
  switch (form._tag) {
    case "Mac":
    case "Digest":
      return [hashLength[form.hash], hashLength[form.hash]]
    case "Ed25519":
      return [64, 64]
    case "Ecdsa":
      return [8, 72]
    case "Rsa":
    case "Certificate":
      return rsaLengths
    case "Token":
      return [1, 4096]
    case "JwtKey":
      return lengthsOfToken([form.algorithm], signature, delivery)
    case "JwtSecret":
    case "Jwk":
      return lengthsOfToken(form.algorithms, signature, delivery)
  }
}

const lengthsOfToken = (algorithms: ReadonlyArray<string>, signature: Signature, { token }: Delivery) => {
  const algorithm = token?.algorithm ?? ""
  if (!algorithms.includes(algorithm)) {
    return refuse(Reason.UnsupportedAlgorithm({ header: placeOf(signature), accepted: algorithms }))
  }
  const length = tokenLength[algorithm]
  return length === undefined ? rsaLengths : ([length, length] as const)
}

const readSingle = (signature: SingleHeader, { headers }: Delivery): ReadonlyArray<Item> => {
  const values = signature.names.flatMap((name) =>
    signature.isRepeated ? DeliveryHeaders.all(headers, name) : (DeliveryHeaders.optional(headers, name) ?? [])
  )
  const separator = signature.separator ?? (signature.isRepeated ? joinsRepeated : undefined)
  const texts = separator === undefined ? values : values.flatMap((value) => splitValue(separator, value))
  return texts.length > 0
    ? texts.map((value) => withoutPrefix(signature, value))
    : refuse(Reason.MissingHeader({ header: placeOf(signature) }))
}

/** How the Fetch API and most proxies join a header that is there several times. */
const joinsRepeated = ", "

const splitValue = (separator: string, value: string): ReadonlyArray<string> =>
  value.length <= maxHeaderLength ? value.split(separator) : [value]

const withoutPrefix = (signature: SingleHeader | InField, value: string): Item =>
  value.length <= maxHeaderLength && value.startsWith(signature.prefix)
    ? { label: undefined, keyId: undefined, text: value.slice(signature.prefix.length) }
    : malformed(signature, `${JSON.stringify(signature.prefix)} and then the signature in ${signature.encoding}`)

const readList = (signature: HeaderList, { headers }: Delivery): ReadonlyArray<Item> => {
  const value = DeliveryHeaders.required(headers, signature.name)
  return value.length <= maxHeaderLength
    ? value.split(signature.separator).map((text) => splitItem(signature, text))
    : malformed(signature, `at most ${maxHeaderLength} characters`)
}

const splitItem = (signature: HeaderList, text: string): Item => {
  const at = text.indexOf(signature.assignment)
  const label = text.slice(0, Math.max(at, 0))
  return /^[A-Za-z0-9_-]+$/.test(label)
    ? { label, keyId: undefined, text: text.slice(at + signature.assignment.length) }
    : malformed(
        signature,
        `items of the form label${signature.assignment}value, separated by ${JSON.stringify(signature.separator)}`
      )
}

const readField = (signature: InField, delivery: Delivery): ReadonlyArray<Item> => {
  const value = EventFields.textOf(signature.field, delivery) ?? malformed(signature, "there once, with the signature")
  if (value.length > maxHeaderLength) malformed(signature, `at most ${maxHeaderLength} characters`)
  const texts = signature.separator === undefined ? [value] : value.split(signature.separator)
  return texts.map((text) => keyedItem(signature, text))
}

const keyedItem = (signature: InField, text: string): Item => {
  const { assignment } = signature
  if (assignment === undefined) return withoutPrefix(signature, text)
  const at = text.indexOf(assignment)
  return at > 0
    ? { ...withoutPrefix(signature, text.slice(at + assignment.length)), keyId: text.slice(0, at) }
    : malformed(signature, `items of the form id${assignment}signature`)
}

/** The items of the body that are signed one by one. */
export const elementsOf = (signature: InItems, delivery: Delivery): ReadonlyArray<unknown> => {
  const list = EventFields.valueAt(delivery.json(), signature.list)
  return Array.isArray(list) && list.length > 0
    ? list.map((element: unknown) => EventFields.valueAt(element, signature.item))
    : refuse(Reason.MalformedBody({ field: signature.list.join("."), expected: "a list of at least one item" }))
}

const signatureOfItem = (signature: InItems, item: unknown): Item => {
  const text = EventFields.textAt(item, signature.signature)
  return text === undefined ? malformed(signature, "in each item") : { label: undefined, keyId: undefined, text }
}

const readToken = (signature: Jwt, delivery: Delivery): Item => {
  delivery.token = JsonWebToken.read(signature, delivery.headers)
  return { label: undefined, keyId: undefined, text: delivery.token.signature }
}

const malformed = (signature: Signature, expected: string): never =>
  signature._tag === "InField" || signature._tag === "InItems"
    ? refuse(Reason.MalformedBody({ field: placeOf(signature), expected }))
    : refuse(Reason.MalformedSignature({ header: placeOf(signature), expected }))
