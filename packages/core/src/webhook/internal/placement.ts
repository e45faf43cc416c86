import type { EventField, InItems } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import { elementsOf } from "./candidates.ts"
import type { Delivery } from "./delivery.ts"
import { refuse } from "./refusal.ts"

/** A delivery with a signature in it. */
export interface Placed {
  readonly url: string
  readonly headers: Delivery["headers"]
  readonly body: Uint8Array
}

export const inQuery = (url: string, name: string, value: string): string => {
  const parsed = URL.parse(url) ?? refuse(Reason.InvalidInput({ option: "url", expected: "an absolute URL" }))
  parsed.searchParams.set(name, value)
  return parsed.href
}

/** The delivery with a text in one of its fields. */
export const inField = (delivery: Delivery, field: EventField, text: string): Placed => {
  const { body, headers, url } = delivery
  switch (field._tag) {
    case "Header":
      return { url, body, headers: [...headers, [field.name, text]] }
    case "Query":
      return { url: inQuery(url, field.name, text), headers, body }
    case "Form":
      return { url, headers, body: withFormField(delivery, field.field, text) }
    case "FormJson": {
      const json = withValue(delivery.formJson(field.field), field.path, text)
      return { url, headers, body: withFormField(delivery, field.field, JSON.stringify(json)) }
    }
    case "Body":
      return { url, headers, body: encodeJson(withValue(delivery.json(), field.path, text)) }
    case "FormXml":
    case "Claim":
    case "Present":
    case "Joined":
      return refuse(Reason.InvalidInput({ option: "scheme", expected: "one whose signature is in a field" }))
  }
}

/** The body with the signature of each item in it. */
export const inItems = (signature: InItems, delivery: Delivery, textOf: (item: unknown) => string): Uint8Array => {
  const items = elementsOf(signature, delivery)
  const body = items.reduce(
    (json, item, index) =>
      withValue(json, [...signature.list, String(index), ...signature.item, ...signature.signature], textOf(item)),
    delivery.json()
  )
  return encodeJson(body)
}

const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const withFormField = (delivery: Delivery, name: string, value: string): Uint8Array => {
  const form = new URLSearchParams([...(delivery.form() ?? [])].map((pair) => [...pair]))
  form.set(name, value)
  return new TextEncoder().encode(form.toString())
}

/** A copy of JSON with another value at a path. */
const withValue = (json: unknown, path: ReadonlyArray<string>, value: string): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(json))
    return json.map((each: unknown, index) => (String(index) === key ? withValue(each, rest, value) : each))
  const object: object = typeof json === "object" && json !== null ? json : {}
  const entries = Object.entries(object).filter(([name]) => name !== key)
  const child: unknown = Object.getOwnPropertyDescriptor(object, key)?.value
  return Object.fromEntries([...entries, [key, withValue(child, rest, value)]])
}
