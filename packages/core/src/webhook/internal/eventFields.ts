import {
  type ContentPart,
  covers,
  type EventField,
  type SignatureScheme,
  type TimestampField
} from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import type { Delivery } from "./delivery.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import { refuse } from "./refusal.ts"
import * as XmlText from "./xmlText.ts"

export const visibleAscii = /^[!-~]{1,256}$/

/** Any text that can be an id or a type: not empty, not long, no control characters. Types have spaces, colons, any case. */
const plainText = /^\P{Cc}{1,256}$/u

/** Whether a header can be an event's id or type as it is. */
export const isPlainText = (text: string): boolean => plainText.test(text)

/** What a path of keys leads to, each the value's own. */
export const valueAt = (json: unknown, path: ReadonlyArray<string>): unknown => path.reduce(child, json)

const child = (parent: unknown, key: string): unknown =>
  typeof parent === "object" && parent !== null ? Object.getOwnPropertyDescriptor(parent, key)?.value : undefined

/** The text or whole number at a path of keys. Text that has no UTF-8 is none. */
export const textAt = (json: unknown, path: ReadonlyArray<string>): string | undefined => {
  const value = valueAt(json, path)
  if (typeof value === "string") return value.isWellFormed() ? value : undefined
  return Number.isSafeInteger(value) ? String(value) : undefined
}

/** A field of a delivery other than an item of the signature's header. */
export type Field = EventField | Exclude<TimestampField, { readonly _tag: "ListItem" }>

/** The text of a field, of any length; a body that is not what the field expects has none. */
export const textOf = (field: Field, delivery: Delivery): string | undefined => {
  switch (field._tag) {
    case "Header":
      return DeliveryHeaders.optional(delivery.headers, field.name)
    case "Body":
      return textAt(delivery.json(), field.path)
    case "FormJson":
      return textAt(delivery.formJson(field.field), field.path)
    case "FormXml":
      return XmlText.textAt(delivery.formXml(field.field), field.path)
    case "Form":
      return delivery.eventField(field.field)
    case "Query":
      return delivery.query(field.name)
    case "Claim":
      return textAt(delivery.token?.claims, [field.name])
    case "Present":
      return valueAt(delivery.json(), field.path) === undefined ? undefined : field.value
    case "Joined":
      return joined(field.fields, delivery)
  }
}

const joined = (fields: ReadonlyArray<Field>, delivery: Delivery): string | undefined => {
  const texts = fields.map((field) => textOf(field, delivery))
  return texts.some((text) => text === undefined || text === "") ? undefined : texts.join(".")
}

/** The text of a field, if it can be an event's type. */
export const read = (field: EventField, delivery: Delivery): string | undefined => {
  const text = textOf(field, delivery)
  return text !== undefined && plainText.test(text) ? text : undefined
}

/** The text of a field that can be an event's id. A header that can't be one is refused: it was meant to be one. */
export const readId = (field: EventField, delivery: Delivery): string | undefined => {
  const text = textOf(field, delivery)
  if (field._tag !== "Header") return text !== undefined && plainText.test(text) ? text : undefined
  return text === undefined || visibleAscii.test(text) ? text : malformed(field.name, visibleAsciiExpected)
}

/** The text of a field that is a part of an event's identity, of any length. */
export const identityText = (field: EventField, delivery: Delivery): string | undefined => {
  const text = textOf(field, delivery)
  return text === "" ? undefined : text
}

/** Names a field in an error. */
export const nameOf = (field: Field): string => {
  switch (field._tag) {
    case "Body":
    case "Present":
      return field.path.join(".")
    case "Joined":
      return field.fields.map(nameOf).join(" and ")
    case "FormJson":
    case "FormXml":
      return [field.field, ...field.path].join(".")
    case "Form":
      return field.field
    default:
      return field.name
  }
}

/** Ends the verification, because of what a field is or is not. */
export const refuseField = (field: Field, expected: string): never =>
  field._tag === "Header"
    ? malformed(field.name, expected)
    : refuse(Reason.MalformedBody({ field: nameOf(field), expected }))

/** A value, and the field it was in. */
export interface Found {
  readonly value: string
  readonly field: EventField
}

/** The first field that is there. */
export const readFirst = (fields: ReadonlyArray<EventField>, delivery: Delivery): Found | undefined => {
  for (const field of fields) {
    const value = read(field, delivery)
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

/** The text that ends an id in the signed content. */
export const textAfterId = (parts: ReadonlyArray<ContentPart>): string => {
  const next = parts[parts.findIndex((part) => part._tag === "Slot" && part.slot === "id") + 1]
  return next?._tag === "Text" ? next.text : ""
}

const malformed = (header: string, expected: string): never => refuse(Reason.MalformedHeader({ header, expected }))
