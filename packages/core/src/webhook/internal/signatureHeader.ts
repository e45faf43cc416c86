import type { Encoding, HeaderList, KeyForm, Signature, SignatureScheme, SingleHeader } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as Encodings from "./encodings.ts"
import { refuse } from "./refusal.ts"
import type { SigningKey } from "./signingKeys.ts"

/** A signature that the delivery claims to have, under the label of the key form that may have made it. */
export interface Candidate {
  readonly label: string | undefined
  readonly bytes: Buffer
}

/** A labelled text of the signature's header, not yet decoded. */
export interface Item {
  readonly label: string | undefined
  readonly text: string
}

/** Far more than any rotation needs, and little enough to try them all. */
export const maxSignatures = 32

const maxHeaderLength = 8192

const digestBytes = (form: KeyForm): number =>
  form._tag === "Ed25519" ? 64 : { sha1: 20, sha256: 32, sha512: 64 }[form.hash]

const headerName = (signature: Signature): string =>
  signature._tag === "HeaderList" ? signature.name : signature.names.join(" or ")

export const readItems = (signature: Signature, headers: DeliveryHeaders.DeliveryHeaders): ReadonlyArray<Item> =>
  signature._tag === "HeaderList" ? readList(signature, headers) : readSingle(signature, headers)

/** The signatures that one of the keys could have made, decoded. */
export const readCandidates = (
  { keys: forms, signature }: SignatureScheme,
  items: ReadonlyArray<Item>,
  keys: ReadonlyArray<SigningKey>
): ReadonlyArray<Candidate> => {
  const header = headerName(signature)
  const signatures = items.filter((item) => formOf(forms, item) !== undefined)
  if (signatures.length > maxSignatures) refuse(Reason.TooManySignatures({ header, limit: maxSignatures }))
  const usable = forms.filter((form) => keys.some((key) => key.form === form))
  const candidates = signatures.flatMap((item) => decodeItem(signature.encoding, header, item, formOf(usable, item)))
  return candidates.length > 0
    ? candidates
    : refuse(Reason.UnsupportedAlgorithm({ header, accepted: usable.flatMap(({ label }) => label ?? []) }))
}

const formOf = (forms: ReadonlyArray<KeyForm>, { label }: Item): KeyForm | undefined =>
  forms.find((form) => form.label === label)

const decodeItem = (
  encoding: Encoding,
  header: string,
  { label, text }: Item,
  form: KeyForm | undefined
): Candidate | ReadonlyArray<never> => {
  if (form === undefined) return []
  const length = digestBytes(form)
  const bytes = Encodings.decode(encoding, text)
  return bytes?.length === length ? { label, bytes } : malformed(header, Encodings.describe(encoding, length))
}

const readSingle = (signature: SingleHeader, headers: DeliveryHeaders.DeliveryHeaders): ReadonlyArray<Item> => {
  const values = signature.names.flatMap((name) => DeliveryHeaders.optional(headers, name) ?? [])
  return values.length > 0
    ? values.map((value) => withoutPrefix(signature, value))
    : refuse(Reason.MissingHeader({ header: headerName(signature) }))
}

const withoutPrefix = (signature: SingleHeader, value: string): Item =>
  value.length <= maxHeaderLength && value.startsWith(signature.prefix)
    ? { label: undefined, text: value.slice(signature.prefix.length) }
    : malformed(
        headerName(signature),
        `${JSON.stringify(signature.prefix)} and then the signature in ${signature.encoding}`
      )

const readList = (signature: HeaderList, headers: DeliveryHeaders.DeliveryHeaders): ReadonlyArray<Item> => {
  const value = DeliveryHeaders.required(headers, signature.name)
  return value.length <= maxHeaderLength
    ? value.split(signature.separator).map((text) => splitItem(signature, text))
    : malformed(signature.name, `at most ${maxHeaderLength} characters`)
}

const splitItem = (signature: HeaderList, text: string): Item => {
  const at = text.indexOf(signature.assignment)
  const label = text.slice(0, Math.max(at, 0))
  return /^[A-Za-z0-9_-]+$/.test(label)
    ? { label, text: text.slice(at + signature.assignment.length) }
    : malformed(
        signature.name,
        `items of the form label${signature.assignment}value, separated by ${JSON.stringify(signature.separator)}`
      )
}

const malformed = (header: string, expected: string): never => refuse(Reason.MalformedSignature({ header, expected }))
