import type { ContentPart, FieldPart, ListedPart, SignedContent, Slot } from "../SignatureScheme.ts"
import type { Delivery } from "./delivery.ts"
import * as EventFields from "./eventFields.ts"
import { refuse } from "./refusal.ts"
import * as RequestText from "./requestText.ts"
import { Reason } from "../WebhookError.ts"

/** What a template is filled from. */
export interface Source {
  readonly delivery: Delivery
  readonly timestamp: string
  readonly id: string
  /** The form of the URL that may be signed. */
  readonly url: string
  /** One item of a body whose items are signed one by one. */
  readonly item: unknown
  /** Whether a hash in the signed URL stands for the form. */
  readonly isFormHashed: boolean
}

export type Content = ReadonlyArray<string | Uint8Array>

export const usesSecret = ({ alternatives, parts }: SignedContent): boolean =>
  parts.some((part) => part._tag === "Slot" && part.slot === "secret") || alternatives.some(usesSecret)

/** What may have been signed: the content, and those of its alternatives whose fields the delivery has. */
export const assembleAll = (content: SignedContent, source: Source, secret: string): ReadonlyArray<Content> =>
  content.alternatives.length === 0
    ? [assemble(content, source, secret)]
    : [content, ...content.alternatives.filter((each) => hasFields(each, source))].map((each) =>
        assemble(each, source, secret)
      )

const hasFields = ({ parts }: SignedContent, source: Source): boolean =>
  parts.every((part) => part._tag !== "Field" || part.isOptional || textOfField(part, source) !== undefined)

const textOfField = ({ field }: FieldPart, { delivery, item }: Source): string | undefined =>
  field._tag === "Item" ? EventFields.textAt(item, field.path) : EventFields.textOf(field, delivery)

export const assemble = ({ parts }: SignedContent, source: Source, secret: string): Content =>
  parts.map((part, index) => {
    switch (part._tag) {
      case "Text":
        return part.text
      case "Slot":
        return fillSlot(part.slot, source, secret)
      case "Field":
        return fillField(part, terminatorOf(parts, index), source)
      case "NamedHeaders":
        return RequestText.namedHeaders(source.delivery, part.listedIn)
      case "Listed":
        return fillListed(part, source.delivery)
    }
  })

const fillSlot = (slot: Slot, source: Source, secret: string): string | Uint8Array => {
  const { delivery } = source
  switch (slot) {
    case "body":
      return delivery.body
    case "timestamp":
      return source.timestamp
    case "id":
      return source.id
    case "method":
      return delivery.method
    case "url":
      return source.url
    case "bareUrl":
      return RequestText.bareUrl(delivery)
    case "path":
      return RequestText.path(delivery)
    case "secret":
      return secret
    case "crc32":
      return RequestText.crc32(delivery.body)
    case "form":
      return source.isFormHashed ? "" : RequestText.formText(delivery)
    case "uniqueForm":
      return source.isFormHashed ? "" : RequestText.uniqueFormText(delivery)
    case "sortedUrl":
      return RequestText.sortedUrl(delivery)
    case "request":
      return RequestText.canonicalRequest(delivery)
    case "token":
      return delivery.token?.signed ?? ""
  }
}

const fillField = (part: FieldPart, terminator: string, source: Source): string => {
  const { field } = part
  const text = textOfField(part, source)
  if (text === undefined) return part.isOptional ? "" : refuseField(field, "there")
  return part.isFree || terminator === "" || !text.includes(terminator)
    ? text
    : refuseField(field, `without ${JSON.stringify(terminator)}, which ends it in the signed content`)
}

/** The text between a part and the one after it. */
const terminatorOf = (parts: ReadonlyArray<ContentPart>, index: number): string => {
  const next = parts[index + 1]
  return next?._tag === "Text" && index + 2 < parts.length ? next.text : ""
}

const refuseField = (field: FieldPart["field"], expected: string): never =>
  field._tag === "Item"
    ? refuse(Reason.MalformedBody({ field: field.path.join("."), expected }))
    : EventFields.refuseField(field, expected)

const fillListed = ({ by, names }: ListedPart, delivery: Delivery): string => {
  const kind = EventFields.read(by, delivery) ?? ""
  const listed = Object.hasOwn(names, kind) ? names[kind] : undefined
  if (listed === undefined) return EventFields.refuseField(by, `one of ${Object.keys(names).join(", ")}`)
  return listed.map((name) => fillLine(name, delivery)).join("")
}

const fillLine = (name: string, delivery: Delivery): string => {
  const key = name.replace(/[?*]/g, "")
  const text = EventFields.textAt(delivery.json(), [key])
  if (text === undefined && name.includes("?")) return ""
  return text === undefined || (text.includes("\n") && !name.includes("*"))
    ? refuse(Reason.MalformedBody({ field: key, expected: "a text without line breaks" }))
    : `${key}\n${text}\n`
}

/** The names of the fields that a listed part covers, given what the delivery is. */
export const listedNames = ({ by, names }: ListedPart, delivery: Delivery): ReadonlyArray<string> =>
  (names[EventFields.read(by, delivery) ?? ""] ?? []).map((name) => name.replace(/[?*]/g, ""))

export const joined = (content: Content): Buffer =>
  Buffer.concat(content.map((part) => (typeof part === "string" ? Buffer.from(part) : part)))
