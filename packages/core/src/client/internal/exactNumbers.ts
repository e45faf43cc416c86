/** Passes the digits of numbers to the schemas that need them. */
import { Result, type Schema, SchemaAST } from "effect"
import type * as Json from "../../crypto/Json.ts"
import type { ReceivedBody } from "./receivedBody.ts"
import type { Undecodable } from "./undecodable.ts"

/** Marks the schema of a number whose digits are kept. */
export const exactNumberKey = "~causeway/client/JsonNumber"

const isMarked = SchemaAST.resolveAt<true>(exactNumberKey)

type Ast = SchemaAST.AST

/** Whether a schema, as it is on the wire, holds a number whose digits are kept. */
export const hasExactNumbers = (schema: Schema.Constraint): boolean => {
  const seen = new Set<Ast>()
  const left: Array<Ast> = [SchemaAST.toEncoded(schema.ast)]
  for (let ast = left.pop(); ast !== undefined; ast = left.pop()) {
    if (seen.has(ast)) continue
    seen.add(ast)
    if (isMarked(ast) === true) return true
    left.push(...membersOf(ast), ...childrenOf(ast))
  }
  return false
}

const membersOf = (ast: Ast): ReadonlyArray<Ast> => {
  if (SchemaAST.isUnion(ast)) return ast.types
  return SchemaAST.isSuspend(ast) ? [ast.thunk()] : []
}

const childrenOf = (ast: Ast): ReadonlyArray<Ast> => {
  if (SchemaAST.isArrays(ast)) return [...ast.elements, ...ast.rest]
  return SchemaAST.isObjects(ast)
    ? [...ast.propertySignatures.map(({ type }) => type), ...ast.indexSignatures.map(({ type }) => type)]
    : []
}

/** JSON whose numbers are strings of digits where the schema keeps them and a number would lose some. */
export const exactJson =
  (schema: Schema.Constraint) =>
  (body: ReceivedBody): Result.Result<unknown, Undecodable> =>
    Result.map(body.exactJson(), (exact) => withDigits(schema, exact))

export const withDigits = (schema: Schema.Constraint, exact: Json.Exact): unknown =>
  restored(exact, { value: exact.value, digits: exact.digits }, [SchemaAST.toEncoded(schema.ast)])

interface Found {
  readonly value: unknown
  readonly digits: string | undefined
}

const restored = (exact: Json.Exact, { digits, value }: Found, asts: ReadonlyArray<Ast>): unknown => {
  const alternatives = expanded(asts)
  if (digits !== undefined) return alternatives.some((ast) => isMarked(ast) === true) ? digits : value
  if (typeof value !== "object" || value === null) return value
  for (const [key, inner] of Object.entries(value)) {
    const within = alternatives.flatMap((ast) => typesAt(ast, key))
    if (within.length === 0) continue
    const found = { value: inner as unknown, digits: exact.digitsAt(value, key) }
    Reflect.set(value, key, restored(exact, found, within))
  }
  return value
}

/** The members of unions, and what is behind a suspended schema. */
const expanded = (asts: ReadonlyArray<Ast>): ReadonlyArray<Ast> => {
  const found = new Set<Ast>(asts)
  for (const ast of found) for (const member of membersOf(ast)) found.add(member)
  return Array.from(found)
}

const typesAt = (ast: Ast, key: string): ReadonlyArray<Ast> => {
  if (SchemaAST.isArrays(ast)) {
    const element = ast.elements[Number(key)]
    return element === undefined ? ast.rest : [element]
  }
  if (!SchemaAST.isObjects(ast)) return []
  const property = ast.propertySignatures.find(({ name }) => name === key)
  return property === undefined ? ast.indexSignatures.map(({ type }) => type) : [property.type]
}
