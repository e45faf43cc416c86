import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import { createHash } from "node:crypto"
import { InvalidOption } from "../../../policy/InvalidOption.ts"
import { bodyOf, refuse } from "../signing/outgoing.ts"

/** What a template can refer to, beside `{header:Name}`. */
export const slots = [
  "body",
  "sha256",
  "timestamp",
  "id",
  "method",
  "url",
  "path",
  "pathname",
  "query",
  "host",
  "keyId"
] as const

export type Slot = (typeof slots)[number]

export type Part =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Slot"; readonly slot: Slot }
  | { readonly _tag: "Header"; readonly name: string; readonly isOptional: boolean }

export type Template = ReadonlyArray<Part>

const isSlot = (name: string): name is Slot => slots.some((slot) => slot === name)

export const parseTemplate = (template: string): Template =>
  template
    .split(/(\{[^{}]*\})/)
    .filter((text) => text !== "")
    .map((text) => (text.startsWith("{") && text.endsWith("}") ? parsePart(text) : { _tag: "Text", text }))

const parsePart = (text: string): Part => {
  const name = text.slice(1, -1)
  if (isSlot(name)) return { _tag: "Slot", slot: name }
  const [, header, optional] = /^header:([\w!#$%&'*+.^`|~-]+?)(\?)?$/.exec(name) ?? []
  if (header !== undefined) return { _tag: "Header", name: header.toLowerCase(), isOptional: optional !== undefined }
  throw new InvalidOption({
    option: "hmacSignature.signedContent",
    actual: JSON.stringify(text),
    accepts: `text and ${slots.map((slot) => `{${slot}}`).join(", ")}, {header:Name}, {header:Name?}`
  })
}

export const hasSlot = (template: Template, ...wanted: ReadonlyArray<Slot>): boolean =>
  template.some((part) => part._tag === "Slot" && wanted.includes(part.slot))

/** What a template is filled from: the request, and what is made for this attempt. */
export interface Source {
  readonly request: HttpClientRequest
  readonly url: URL
  readonly timestamp: string
  readonly id: string
  readonly keyId: string
}

/** The bytes that are signed, piece by piece. */
export const fill = (template: Template, source: Source): ReadonlyArray<string | Uint8Array> =>
  template.map((part) => {
    switch (part._tag) {
      case "Text":
        return part.text
      case "Header":
        return headerText(part, source)
      case "Slot":
        return slotText(part.slot, source)
    }
  })

const headerText = ({ isOptional, name }: Extract<Part, { _tag: "Header" }>, { request, url }: Source): string => {
  const value = name === "host" ? url.host : request.headers[name]
  if (value !== undefined) return value
  return isOptional ? "" : refuse("headers", `have no ${JSON.stringify(name)}, that is to be signed`)
}

const whatToSet = "leave {body} and {sha256} out of signedContent"

const slotText = (slot: Slot, { id, keyId, request, timestamp, url }: Source): string | Uint8Array => {
  switch (slot) {
    case "body":
      return bodyOf(request, whatToSet)
    case "sha256":
      return createHash("sha256").update(bodyOf(request, whatToSet)).digest("hex")
    case "timestamp":
      return timestamp
    case "id":
      return id
    case "method":
      return request.method
    case "url":
      return url.href
    case "path":
      return url.pathname + url.search
    case "pathname":
      return url.pathname
    case "query":
      return url.search.slice(1)
    case "host":
      return url.host
    case "keyId":
      return keyId
  }
}
