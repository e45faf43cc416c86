import type {
  Binding,
  ContentPart,
  EventField,
  InItems,
  SignatureScheme,
  SignedContent,
  Slot
} from "../SignatureScheme.ts"
import type { Delivery } from "./delivery.ts"
import * as EventFields from "./eventFields.ts"
import * as RequestText from "./requestText.ts"
import { listedNames } from "./signedContent.ts"

/** Whether the signature covers all of the body. */
export const ofBody = (scheme: SignatureScheme, delivery: Delivery): boolean =>
  contentsOf(scheme, delivery).some((content) => hasSlot(content, "body", "form", "uniqueForm"))

/** Whether the bytes of the body are signed, in every delivery. */
export const isOfWholeBody = ({ bindings, signedContent }: SignatureScheme): boolean =>
  [signedContent, ...bindings.filter(({ isOptional }) => !isOptional).map(({ content }) => content)].some((content) =>
    hasSlot(content, "body")
  )

/** Whether the signature covers a field. */
export const ofField = (scheme: SignatureScheme, field: EventFields.Field, delivery: Delivery): boolean => {
  switch (field._tag) {
    case "Claim":
      return true
    case "Joined":
      return field.fields.every((each) => ofField(scheme, each, delivery))
    case "Query":
      return contentsOf(scheme, delivery).some((content) => hasSlot(content, "url", "path", "sortedUrl", "request"))
    case "Header":
      return scheme.signedContent.parts.some((part) => coversHeader(part, field.name, delivery))
    default:
      return (
        ofBody(scheme, delivery) || scheme.signedContent.parts.some((part) => coversPath(scheme, part, field, delivery))
      )
  }
}

const hasSlot = ({ parts }: SignedContent, ...slots: ReadonlyArray<Slot>): boolean =>
  parts.some((part) => part._tag === "Slot" && slots.includes(part.slot))

/** The signed content, and what is hashed inside of it. */
const contentsOf = ({ bindings, signedContent }: SignatureScheme, delivery: Delivery): ReadonlyArray<SignedContent> => [
  signedContent,
  ...bindings.filter((binding) => isThere(binding, delivery)).map(({ content }) => content)
]

export const isThere = ({ at }: Binding, delivery: Delivery): boolean => EventFields.textOf(at, delivery) !== undefined

const coversHeader = (part: ContentPart, name: string, delivery: Delivery): boolean => {
  const wanted = name.toLowerCase()
  if (part._tag === "NamedHeaders") return RequestText.headerNames(delivery, part.listedIn).includes(wanted)
  return part._tag === "Field" && part.field._tag === "Header" && part.field.name.toLowerCase() === wanted
}

type PathField = Exclude<EventField, { readonly _tag: "Claim" | "Query" | "Header" | "Joined" }>

const coversPath = (scheme: SignatureScheme, part: ContentPart, field: PathField, delivery: Delivery): boolean => {
  if (part._tag === "Listed")
    return field._tag === "Body" && listedNames(part, delivery).includes(field.path.join("\n"))
  if (part._tag !== "Field") return false
  if (part.field._tag === "Item") return coversItem(scheme, part.field.path, field)
  if (field._tag === "FormXml") return part.field._tag === "Form" && part.field.field === field.field
  return part.field._tag === field._tag && EventFields.nameOf(part.field) === EventFields.nameOf(field)
}

const coversItem = ({ signature }: SignatureScheme, path: ReadonlyArray<string>, field: PathField): boolean =>
  signature._tag === "InItems" &&
  field._tag === "Body" &&
  pathInItem(signature, field.path)?.join("\n") === path.join("\n")

/** The rest of a path that leads into one of the items. */
const pathInItem = ({ item, list }: InItems, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const [head, index, middle] = [path.slice(0, list.length), path[list.length], path.slice(list.length + 1)]
  const isInList = head.join("\n") === list.join("\n") && index !== undefined && /^[0-9]+$/.test(index)
  return isInList && middle.slice(0, item.length).join("\n") === item.join("\n") ? middle.slice(item.length) : undefined
}
