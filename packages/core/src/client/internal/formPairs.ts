/** Writes an encoded value as the pairs of a form or a query, in the style that the endpoint states. */
import type { FormStyle } from "../FormStyle.ts"

/** A name and its value; a list of elements is joined by commas. */
export type Pair = readonly [name: string, value: string | ReadonlyArray<string>]

/** A value that the style cannot express; thrown inside, and an issue outside. */
export class Inexpressible {
  readonly issue: string
  constructor(path: string, problem: string) {
    this.issue = `${path === "" ? "the value" : `"${path}"`} ${problem}`
  }
}

/** The value of an empty array that is written as brackets, without an equals sign. */
export const emptyArray: ReadonlyArray<string> = []

/** The limit of nesting, also for circular values. */
const deepest = 64

/** The pairs of an encoded object; throws {@link Inexpressible}. */
export const pairsOf = (value: unknown, style: FormStyle): ReadonlyArray<Pair> => {
  if (!isRecord(value)) throw new Inexpressible("", "is not an object")
  const writer = new Writer(style)
  for (const [name, field] of Object.entries(value)) {
    if (!name.isWellFormed()) throw new Inexpressible("", "has a field whose name contains a lone surrogate")
    writer.write(name, field, 0)
  }
  return writer.pairs
}

/** The digits of a number that only its text holds (`JSON.rawJSON`). */
const digitsOf = (value: unknown): string | undefined =>
  isRecord(value) && Object.getPrototypeOf(value) === null && typeof value["rawJSON"] === "string"
    ? value["rawJSON"]
    : undefined

class Writer {
  readonly pairs: Array<Pair> = []
  readonly #style: FormStyle

  constructor(style: FormStyle) {
    this.#style = style
  }

  write(name: string, value: unknown, depth: number): void {
    if (value === undefined) return
    if (depth > deepest) throw new Inexpressible(name.slice(0, 100), `is nested deeper than ${deepest} levels`)
    const digits = digitsOf(value)
    if (digits !== undefined) this.pairs.push([name, digits])
    else if (Array.isArray(value)) this.#array(name, value, depth)
    else if (isRecord(value)) this.#object(name, value, depth)
    else if (value !== null || this.#style.nulls === "empty") this.pairs.push([name, leaf(name, value)])
  }

  #object(name: string, value: Readonly<Record<string, unknown>>, depth: number): void {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined)
    if (fields.length === 0) return this.#nothing(name, "object")
    for (const [field, inner] of fields) this.write(fieldName(this.#style, name, field), inner, depth + 1)
  }

  #array(name: string, value: ReadonlyArray<unknown>, depth: number): void {
    if (value.length === 0) return this.#nothing(name, "array")
    if (this.#style.arrays === "comma") return this.#joined(name, value)
    if (this.#style.arrays === "brackets") assertGrouped(name, value)
    for (const [index, element] of value.entries()) {
      assertElement(this.#style, name, element)
      this.write(elementName(this.#style, name, index), element, depth + 1)
    }
  }

  #joined(name: string, value: ReadonlyArray<unknown>): void {
    const elements = value.map((element) => {
      assertElement(this.#style, name, element)
      const text = leaf(name, element ?? null)
      if (text.includes(","))
        throw new Inexpressible(name, "has an element with a comma, which the style cannot express")
      return text
    })
    this.pairs.push([name, elements])
  }

  #nothing(name: string, what: "array" | "object"): void {
    if (this.#style.empty === "refuse") {
      throw new Inexpressible(name, `is an empty ${what}, which the style cannot express; leave it out`)
    }
    if (this.#style.empty === "brackets" && what === "array") this.pairs.push([`${name}[]`, emptyArray])
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const leaf = (name: string, value: unknown): string => {
  if (value === null) return ""
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Inexpressible(name, "contains a lone surrogate, which UTF-8 cannot express")
    return value
  }
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value)
  throw new Inexpressible(name, `is a ${typeof value}, which a form cannot express`)
}

/** Why an array of a style can't contain an element, as text; undefined if it can. */
export const inexpressibleElement = (style: FormStyle, element: "array" | "object"): string | undefined => {
  const { arrays } = style
  if (arrays === "repeat" || arrays === "comma") return `is an array of ${element}s, which "${arrays}" cannot express`
  return arrays === "brackets" && element === "array"
    ? 'is an array of arrays, which "brackets" without indices cannot express'
    : undefined
}

const assertElement = (style: FormStyle, name: string, element: unknown): void => {
  const kind = Array.isArray(element) ? "array" : isRecord(element) ? "object" : undefined
  const problem = kind === undefined ? undefined : inexpressibleElement(style, kind)
  if (problem !== undefined) throw new Inexpressible(name, problem)
}

/** Without indices a new element begins where a name repeats: all elements must begin with the same one. */
const assertGrouped = (name: string, elements: ReadonlyArray<unknown>): void => {
  if (!elements.some(isRecord)) return
  const firsts = new Set(elements.map(firstField))
  if (firsts.size > 1) {
    throw new Inexpressible(name, 'has elements that begin with different fields, which "brackets" cannot express')
  }
}

const firstField = (element: unknown): string | undefined =>
  isRecord(element) ? Object.keys(element).find((field) => element[field] !== undefined) : undefined

const elementName = ({ arrays, firstIndex }: FormStyle, name: string, index: number): string => {
  switch (arrays) {
    case "indices":
      return `${name}[${index + firstIndex}]`
    case "dots":
      return `${name}.${index + firstIndex}`
    case "brackets":
      return `${name}[]`
    case "repeat":
    case "comma":
      return name
  }
}

const fieldName = (style: FormStyle, name: string, field: string): string => {
  const problem = inexpressibleField(style, field)
  if (problem !== undefined) throw new Inexpressible(name, problem)
  return style.objects === "dots" ? `${name}.${field}` : `${name}[${field}]`
}

/** Why a nested field cannot have this name; undefined when it can. */
export const inexpressibleField = (style: FormStyle, field: string): string | undefined => {
  if (field === "") return "has a field without a name, which no style can express"
  if (!field.isWellFormed()) return "has a field whose name contains a lone surrogate"
  const structural = style.objects === "dots" || style.arrays === "dots" ? /[.[\]]/ : /[[\]]/
  return structural.test(field)
    ? `has a field ${JSON.stringify(field)}, whose name contains a character that the style uses for structure`
    : undefined
}
