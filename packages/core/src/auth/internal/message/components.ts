import * as InvalidOption from "../../../policy/InvalidOption.ts"
import { refuse } from "../signing/outgoing.ts"
import * as Fields from "./structuredFields.ts"

/** A part of a message that a signature covers. */
export interface Component {
  readonly name: string
  readonly parameters: Readonly<Record<string, string | true>>
}

/** A request or a response, as far as its parts can be signed. */
export interface Message {
  readonly method: string | undefined
  readonly url: URL | undefined
  readonly status: number | undefined
  /** Every line of a field, by its name in lower case. */
  readonly fieldLines: (name: string) => ReadonlyArray<string>
  /** What the type of a structured field is. */
  readonly typeOf: (name: string) => Fields.FieldType | undefined
  /** The request that a response answers. */
  readonly request: Message | undefined
}

const ofRequests = ["@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"] as const

const derived: ReadonlySet<string> = new Set([...ofRequests, "@query-param", "@status"])

const parametersOfFields: ReadonlySet<string> = new Set(["sf", "key", "bs", "req"])

/** A component as it is given in options: checked, and in lower case. */
export const component = (option: string, given: string | Component): Component => {
  const { name, parameters } = typeof given === "string" ? { name: given, parameters: {} } : given
  const valid = name.startsWith("@") ? name : InvalidOption.httpToken(option, name).toLowerCase()
  const problem = problemOf({ name: valid, parameters })
  if (problem !== undefined) throw new InvalidOption.InvalidOption({ option, actual: JSON.stringify(name), ...problem })
  return { name: valid, parameters }
}

const problemOf = ({ name, parameters }: Component): { readonly accepts: string } | undefined => {
  if (!name.startsWith("@")) {
    return "bs" in parameters && ("sf" in parameters || "key" in parameters)
      ? { accepts: "a field with either bs, or sf and key" }
      : undefined
  }
  if (!derived.has(name)) return { accepts: `the name of a field, or one of ${[...derived].join(", ")}` }
  return name === "@query-param" && typeof parameters["name"] !== "string"
    ? { accepts: "queryParam(name) for one parameter of the query" }
    : undefined
}

/** The components of an option, each of them once. */
export const components = (option: string, given: ReadonlyArray<string | Component>): ReadonlyArray<Component> => {
  const all = given.map((each) => component(option, each))
  const repeated = all.map(identifier).find((text, index, texts) => texts.indexOf(text) !== index)
  if (repeated === undefined) return all
  throw new InvalidOption.InvalidOption({ option, actual: `${repeated} twice`, accepts: "each component once" })
}

/** A component with its parameters in the order in which they are given, which is how they are signed. */
export const itemOf = ({ name, parameters }: Component): Fields.Item => ({
  bare: Fields.text(name),
  parameters: new Map(
    Object.entries(parameters).map(([key, value]) => [key, value === true ? Fields.yes : Fields.text(value)] as const)
  )
})

/** How a component is named in a signature, such as `"@query-param";name="Pet"`. */
const written = (component: Component): string => Fields.writeItem(itemOf(component))

/**
 * The name of a component, whatever the order of its parameters: `"a";req;key="b"` and `"a";key="b";req` are the same.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-2.5
 */
export const identifier = ({ name, parameters }: Component): string =>
  written({ name, parameters: Object.fromEntries(Object.entries(parameters).toSorted(byKey)) })

const byKey = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  order.indexOf(left) - order.indexOf(right)

const order = ["name", "sf", "key", "bs", "req"]

/** The component that a signature names; undefined for what none can be. */
export const fromItem = ({ bare, parameters }: Fields.Item): Component | undefined => {
  if (bare.kind !== "string" || bare.value !== bare.value.toLowerCase()) return undefined
  const named: Record<string, string | true> = {}
  for (const [key, value] of parameters) {
    if (value.kind === "string") named[key] = value.value
    else if (value.kind === "boolean" && value.value) named[key] = true
    else return undefined
  }
  return { name: bare.value, parameters: named }
}

/** What of a message a component stands for. */
export const valueOf = (component: Component, message: Message): string => {
  const of = component.parameters["req"] === true ? message.request : message
  if (of === undefined) return refuse("headers", `have ${identifier(component)}, but the request is not known`)
  return component.name.startsWith("@") ? derivedValue(component, of) : fieldValue(component, of)
}

const derivedValue = ({ name, parameters }: Component, { method, status, url }: Message): string => {
  const only = name === "@query-param" ? ["name", "req"] : ["req"]
  const stray = Object.keys(parameters).find((key) => !only.includes(key))
  if (stray !== undefined) return refuse("url", `has ${name} with the parameter ${stray}, which is none of it`)
  if (name === "@status") {
    return status === undefined ? refuse("url", "has no @status, which only a response has") : String(status)
  }
  if (method === undefined || url === undefined) return refuse("url", `has no ${name}, which only a request has`)
  switch (name) {
    case "@method":
      return method
    case "@target-uri":
      return url.href.slice(0, url.href.length - url.hash.length)
    case "@authority":
      return url.host.toLowerCase()
    case "@scheme":
      return url.protocol.slice(0, -1)
    case "@request-target":
      return url.pathname + url.search
    case "@path":
      return url.pathname
    case "@query":
      return url.search === "" ? "?" : url.search
    case "@query-param":
      return queryParam(parameters["name"], url)
    default:
      return refuse("url", `has no ${name}: it is no component that is known`)
  }
}

const queryParam = (name: string | true | undefined, url: URL): string => {
  const values = [...url.searchParams].filter(([key]) => percentEncoded(key) === name).map(([, value]) => value)
  const [value] = values
  if (value === undefined) return refuse("url", `has no parameter ${JSON.stringify(name)}, that is to be signed`)
  return values.length === 1
    ? percentEncoded(value)
    : refuse("url", `has the parameter ${JSON.stringify(name)} more than once: sign @query in its place`)
}

/** As a form is encoded, but with `%20` for a space. */
export const percentEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )

const fieldValue = (component: Component, message: Message): string => {
  const { name, parameters } = component
  const stray = Object.keys(parameters).find((key) => !parametersOfFields.has(key))
  if (stray !== undefined) return refuse("headers", `have ${name} with the parameter ${stray}, which is not known`)
  const lines = message.fieldLines(name)
  if (lines.length === 0) return refuse("headers", `have no ${JSON.stringify(name)}, that is to be signed`)
  if ("bs" in parameters) return lines.map(wrapped).join(", ")
  const text = lines.map(unfolded).join(", ")
  if (typeof parameters["key"] === "string") return dictionaryMember(name, parameters["key"], text)
  if ("sf" in parameters) return strictly(name, text, message.typeOf(name))
  return /^[\t\x20-\x7e]*$/.test(text)
    ? text
    : refuse("headers", `have ${JSON.stringify(name)} with a line break or a character outside of ASCII`)
}

const unfolded = (line: string): string => line.replaceAll(/(?<![ \t])[ \t]*\r?\n[ \t]+/g, " ").trim()

const wrapped = (line: string): string =>
  Fields.writeBare({ kind: "bytes", value: Buffer.from(unfolded(line), "latin1") })

const dictionaryMember = (name: string, key: string, text: string): string => {
  const member = Fields.parseDictionary(text)?.get(key)
  return member === undefined
    ? refuse("headers", `have ${JSON.stringify(name)} without a member ${JSON.stringify(key)}`)
    : Fields.writeMember(member)
}

const strictly = (name: string, text: string, type: Fields.FieldType | undefined): string => {
  const written = type === undefined ? undefined : writers[type](text)
  if (type === undefined) return refuse("headers", `have ${JSON.stringify(name)}, whose type is not known: name it`)
  return written ?? refuse("headers", `have ${JSON.stringify(name)}, which is no structured ${type}`)
}

const writers: Readonly<Record<Fields.FieldType, (text: string) => string | undefined>> = {
  item: (text) => optional(Fields.parseItem(text), Fields.writeItem),
  list: (text) => optional(Fields.parseList(text), Fields.writeList),
  dictionary: (text) => optional(Fields.parseDictionary(text), Fields.writeDictionary)
}

const optional = <A>(value: A | undefined, write: (value: A) => string): string | undefined =>
  value === undefined ? undefined : write(value)

/** Structured fields that everybody knows; a program names its own. */
export const fieldTypes: Readonly<Record<string, Fields.FieldType>> = {
  "accept-ch": "list",
  "accept-query": "list",
  "accept-signature": "dictionary",
  "cache-status": "list",
  "cdn-cache-control": "dictionary",
  "client-cert": "item",
  "client-cert-chain": "list",
  "content-digest": "dictionary",
  deprecation: "item",
  "idempotency-key": "item",
  priority: "dictionary",
  "proxy-status": "list",
  "repr-digest": "dictionary",
  signature: "dictionary",
  "signature-input": "dictionary",
  "want-content-digest": "dictionary",
  "want-repr-digest": "dictionary"
}

/** The bytes that are signed: a line for each component, and one for what is said about the signature. */
export const signatureBase = (covered: ReadonlyArray<Component>, message: Message, parameters: string): string =>
  [
    ...covered.map((component) => `${written(component)}: ${valueOf(component, message)}`),
    `"@signature-params": ${parameters}`
  ].join("\n")
