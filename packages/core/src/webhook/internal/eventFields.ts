import { type ContentPart, covers, type EventField, type SignatureScheme } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import { refuse } from "./refusal.ts"

export const visibleAscii = /^[!-~]{1,256}$/

/** Any text an inbox can use as a key: not empty, not long, no control characters. */
const plainText = /^\P{Cc}{1,256}$/u

/** The text or whole number at a path of keys, each the value's own. */
export const at = (json: unknown, path: ReadonlyArray<string>): string | undefined => {
  const value = path.reduce(child, json)
  if (typeof value === "string") return plainText.test(value) ? value : undefined
  return Number.isSafeInteger(value) ? String(value) : undefined
}

const child = (parent: unknown, key: string): unknown =>
  typeof parent === "object" && parent !== null ? Object.getOwnPropertyDescriptor(parent, key)?.value : undefined

/** The value of a field; a body that is not what the field expects has none. */
export const read = (
  field: EventField,
  headers: DeliveryHeaders.DeliveryHeaders,
  content: BodyContent
): string | undefined => {
  switch (field._tag) {
    case "Header":
      return readHeader(headers, field.name)
    case "Body":
      return at(content.json(), field.path)
    case "FormJson":
      return at(content.formJson(field.field), field.path)
  }
}

const readHeader = (headers: DeliveryHeaders.DeliveryHeaders, name: string): string | undefined => {
  const value = DeliveryHeaders.optional(headers, name)
  return value === undefined || visibleAscii.test(value) ? value : malformed(name, visibleAsciiExpected)
}

/** A value, and the field it was in. */
export interface Found {
  readonly value: string
  readonly field: EventField
}

/** The first field that is there. */
export const readFirst = (
  fields: ReadonlyArray<EventField>,
  headers: DeliveryHeaders.DeliveryHeaders,
  content: BodyContent
): Found | undefined => {
  for (const field of fields) {
    const value = read(field, headers, content)
    if (value !== undefined) return { value, field }
  }
  return undefined
}

/** The id that the signed content asks for, or an empty text when it asks for none. */
export const signedId = (scheme: SignatureScheme, headers: DeliveryHeaders.DeliveryHeaders): string => {
  if (scheme.eventId?._tag !== "Header" || !covers(scheme, "id")) return ""
  const id = DeliveryHeaders.required(headers, scheme.eventId.name)
  const expected = whatSignedIdMustBe(scheme, id)
  return expected === undefined ? id : malformed(scheme.eventId.name, expected)
}

/**
 * What is wrong with an id that is to be signed, or `undefined`. It must not contain the text that ends it: the id `a`
 * before `.1.2`, and the id `a.1` before `.2`, would be the same bytes.
 */
export const whatSignedIdMustBe = (scheme: SignatureScheme, id: string): string | undefined => {
  const terminator = textAfterId(scheme.signedContent.parts)
  if (!visibleAscii.test(id)) return visibleAsciiExpected
  return terminator !== "" && id.includes(terminator)
    ? `${visibleAsciiExpected} without ${JSON.stringify(terminator)}, which ends it in the signed content`
    : undefined
}

export const visibleAsciiExpected = "1 to 256 visible ASCII characters"

const textAfterId = (parts: ReadonlyArray<ContentPart>): string => {
  const next = parts[parts.findIndex((part) => part._tag === "Slot" && part.slot === "id") + 1]
  return next?._tag === "Text" ? next.text : ""
}

const malformed = (header: string, expected: string): never => refuse(Reason.MalformedHeader({ header, expected }))

/** A body read as JSON or as a form, as late as possible. */
export class BodyContent {
  readonly #body: Uint8Array
  #json: { readonly value: unknown } | undefined

  constructor(body: Uint8Array) {
    this.#body = body
  }

  json(): unknown {
    return (this.#json ??= { value: parseJson(decodeText(this.#body)) }).value
  }

  formJson(field: string): unknown {
    return parseJson(formField(decodeText(this.#body), field))
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decodeText = (body: Uint8Array): string | undefined => {
  try {
    return decoder.decode(body)
  } catch {
    return undefined
  }
}

const parseJson = (text: string | undefined): unknown => {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const formField = (text: string | undefined, field: string): string | undefined =>
  text === undefined ? undefined : (new URLSearchParams(text).get(field) ?? undefined)
