/** Checks a GraphQL document against the options of its endpoint, as far as a scan can check. */
import { Schema } from "effect"
import { nearestTo } from "../../policy/internal/nearest.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { type Operation, scanDocument } from "./graphqlDocument.ts"
import { propertyNames } from "./Reflection.ts"

/** The checked parts of an endpoint. */
export interface Checked {
  readonly name: string
  readonly type: "query" | "mutation"
  readonly document: string
  readonly variables: Schema.Top
  readonly options: { readonly operationName?: string }
}

const optionNames = [
  "variables",
  "data",
  "extensions",
  "partial",
  "operationName",
  "path",
  "headers",
  "policy",
  "pagination",
  "idempotent"
]

/** Throws `InvalidOption` for an option that a GraphQL operation does not have. */
export const checkNames = (name: string, options: object): void => {
  for (const option of Object.keys(options)) {
    if (optionNames.includes(option)) continue
    refuse(
      `options of endpoint ${name}`,
      `a record with ${InvalidOption.describe(option)}`,
      `known options${nearestTo(option, optionNames)}`
    )
  }
}

const refuse = (option: string, actual: string, accepts: string): never => {
  throw new InvalidOption.InvalidOption({ option, actual, accepts })
}

/** The name of the selected operation, if it has one; throws `InvalidOption` for an invalid document. */
export const operationOf = ({ document, name, options, type, variables }: Checked): string | undefined => {
  const where = `endpoint ${name}`
  const { operations, problem, used } = scanDocument(document)
  if (problem !== undefined) refuse(`document of ${where}`, `a text with ${problem}`, "a GraphQL document")
  const operation = chosen(where, operations, options.operationName)
  if (operation.type !== type) {
    refuse(`document of ${where}`, `a document whose operation is a ${operation.type}`, `a ${type}`)
  }
  const declared = new Set(operation.variables)
  const undeclared = operations.length > 1 ? undefined : [...used].find((variable) => !declared.has(variable))
  if (undeclared !== undefined) {
    refuse(`document of ${where}`, `a document that uses $${undeclared} and does not declare it`, "declared variables")
  }
  checkVariables(where, operation, variables)
  return operation.name
}

const chosen = (where: string, operations: ReadonlyArray<Operation>, operationName: string | undefined): Operation => {
  const [first, ...others] = operations
  if (first === undefined) return refuse(`document of ${where}`, "a document without an operation", "an operation")
  const names = operations.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (others.length > 0 && (names.includes(undefined) || repeated !== undefined)) {
    refuse(
      `document of ${where}`,
      "a document with several operations of one name or none",
      "a name for each operation"
    )
  }
  if (operationName === undefined) {
    if (others.length === 0) return first
    return refuse(`operationName of ${where}`, "not stated", `one of ${names.join(", ")}`)
  }
  const found = operations.find(({ name }) => name === operationName)
  return found ?? refuse(`operationName of ${where}`, JSON.stringify(operationName), `one of ${names.join(", ")}`)
}

/** Only a struct lists its variables. */
const checkVariables = (where: string, { variables: declared }: Operation, variables: Schema.Top): void => {
  const codec = Schema.toCodecJson(variables)
  const names = propertyNames(codec)
  if (names.length === 0 && !isStruct(variables)) return
  for (const name of declared) {
    if (names.includes(name)) continue
    refuse(`variables of ${where}`, `without $${name}, which the document declares`, `all of $${declared.join(", $")}`)
  }
  for (const name of names) {
    if (declared.includes(name)) continue
    const accepts = declared.length === 0 ? "no variables" : `variables of the document${nearestTo(name, declared)}`
    refuse(`variables of ${where}`, `with "${name}", which the document does not declare`, accepts)
  }
}

const isStruct = (schema: Schema.Top): boolean => "fields" in schema
