import { Result } from "effect"
import type { Encoding, HeaderList, KeyForm, Signature, SignatureScheme, SingleHeader } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as Encodings from "./encodings.ts"
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

export const headerName = (signature: Signature): string =>
  signature._tag === "HeaderList" ? signature.name : signature.names.join(" or ")

export const digestBytes = (form: KeyForm): number =>
  form._tag === "Ed25519" ? 64 : { sha1: 20, sha256: 32, sha512: 64 }[form.hash]

export const readItems = (
  signature: Signature,
  headers: DeliveryHeaders.DeliveryHeaders
): Result.Result<ReadonlyArray<Item>, Reason> =>
  signature._tag === "HeaderList" ? readList(signature, headers) : readSingle(signature, headers)

/** The signatures that one of the keys could have made, decoded. */
export const readCandidates = (
  { keys: forms, signature }: SignatureScheme,
  items: ReadonlyArray<Item>,
  keys: ReadonlyArray<SigningKey>
): Result.Result<ReadonlyArray<Candidate>, Reason> => {
  const header = headerName(signature)
  const signatures = items.filter((item) => formOf(forms, item) !== undefined)
  if (signatures.length > maxSignatures) return Result.fail(Reason.TooManySignatures({ header, limit: maxSignatures }))
  const usable = forms.filter((form) => keys.some((key) => key.form === form))
  const candidates = signatures.flatMap((item) => decodeItem(signature.encoding, header, item, formOf(usable, item)))
  return candidates.length === 0
    ? Result.fail(Reason.UnsupportedAlgorithm({ header, accepted: usable.flatMap(({ label }) => label ?? []) }))
    : Result.all(candidates)
}

const formOf = (forms: ReadonlyArray<KeyForm>, { label }: Item): KeyForm | undefined =>
  forms.find((form) => form.label === label)

const decodeItem = (
  encoding: Encoding,
  header: string,
  { label, text }: Item,
  form: KeyForm | undefined
): ReadonlyArray<Result.Result<Candidate, Reason>> => {
  if (form === undefined) return []
  const bytes = Encodings.decode(encoding, text)
  return bytes?.length === digestBytes(form)
    ? [Result.succeed({ label, bytes })]
    : [malformed(header, Encodings.describe(encoding, digestBytes(form)))]
}

const readSingle = (
  signature: SingleHeader,
  headers: DeliveryHeaders.DeliveryHeaders
): Result.Result<ReadonlyArray<Item>, Reason> =>
  Result.flatMap(Result.all(signature.names.map((name) => DeliveryHeaders.optional(headers, name))), (values) => {
    const present = values.filter((value) => value !== undefined)
    return present.length === 0
      ? Result.fail(Reason.MissingHeader({ header: headerName(signature) }))
      : Result.all(present.map((value) => withoutPrefix(signature, value)))
  })

const withoutPrefix = (signature: SingleHeader, value: string): Result.Result<Item, Reason> =>
  value.length <= maxHeaderLength && value.startsWith(signature.prefix)
    ? Result.succeed({ label: undefined, text: value.slice(signature.prefix.length) })
    : malformed(
        headerName(signature),
        `${JSON.stringify(signature.prefix)} and then the signature in ${signature.encoding}`
      )

const readList = (
  signature: HeaderList,
  headers: DeliveryHeaders.DeliveryHeaders
): Result.Result<ReadonlyArray<Item>, Reason> =>
  Result.flatMap(DeliveryHeaders.required(headers, signature.name), (value) =>
    value.length <= maxHeaderLength
      ? Result.all(value.split(signature.separator).map((text) => splitItem(signature, text)))
      : malformed(signature.name, `at most ${maxHeaderLength} characters`)
  )

const splitItem = (signature: HeaderList, text: string): Result.Result<Item, Reason> => {
  const at = text.indexOf(signature.assignment)
  const label = text.slice(0, Math.max(at, 0))
  return /^[A-Za-z0-9_-]+$/.test(label)
    ? Result.succeed({ label, text: text.slice(at + signature.assignment.length) })
    : malformed(
        signature.name,
        `items of the form label${signature.assignment}value, separated by ${JSON.stringify(signature.separator)}`
      )
}

const malformed = (header: string, expected: string): Result.Result<never, Reason> =>
  Result.fail(Reason.MalformedSignature({ header, expected }))
