/** Finds in an encoded schema what a style of forms and queries cannot express. */
import { type Schema, SchemaAST } from "effect"
import type { FormStyle } from "../FormStyle.ts"
import { inexpressibleElement, inexpressibleField } from "./formPairs.ts"

/** Where a schema holds what the style cannot express, and why; undefined when it is all expressible. */
export const inexpressibleIn = (schema: Schema.Constraint, style: FormStyle): string | undefined =>
  new Inspection(style).root(SchemaAST.toEncoded(schema.ast))

class Inspection {
  readonly #style: FormStyle
  readonly #seen = new Set<SchemaAST.AST>()

  constructor(style: FormStyle) {
    this.#style = style
  }

  root(ast: SchemaAST.AST): string | undefined {
    for (const member of membersOf(ast)) {
      const problem = SchemaAST.isObjects(member) ? this.#fields("", member) : rootProblem(member)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #value(path: string, ast: SchemaAST.AST): string | undefined {
    for (const member of membersOf(ast)) {
      // A recursive schema is checked once.
      if (this.#seen.has(member)) continue
      if (SchemaAST.isObjects(member) || SchemaAST.isArrays(member)) this.#seen.add(member)
      const problem = SchemaAST.isObjects(member)
        ? this.#fields(path, member)
        : SchemaAST.isArrays(member)
          ? this.#elements(path, member)
          : undefined
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #fields(path: string, ast: SchemaAST.Objects): string | undefined {
    for (const { name, type } of ast.propertySignatures) {
      const field = String(name)
      const misnamed = path === "" ? undefined : inexpressibleField(this.#style, field)
      if (misnamed !== undefined) return `"${path}" ${misnamed}`
      const problem = this.#value(path === "" ? field : `${path}.${field}`, type)
      if (problem !== undefined) return problem
    }
    for (const { type } of ast.indexSignatures) {
      const problem = this.#value(path === "" ? "*" : `${path}.*`, type)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #elements(path: string, ast: SchemaAST.Arrays): string | undefined {
    for (const element of [...ast.elements, ...ast.rest]) {
      for (const member of membersOf(element)) {
        const kind = SchemaAST.isArrays(member) ? "array" : SchemaAST.isObjects(member) ? "object" : undefined
        const problem = kind === undefined ? undefined : inexpressibleElement(this.#style, kind)
        if (problem !== undefined) return `"${path}" ${problem}`
      }
      const problem = this.#value(`${path}[]`, element)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}

/** The members of a union, with what is suspended looked up. */
const membersOf = (ast: SchemaAST.AST, seen = new Set<SchemaAST.AST>()): ReadonlyArray<SchemaAST.AST> => {
  if (seen.has(ast)) return []
  seen.add(ast)
  if (SchemaAST.isSuspend(ast)) return membersOf(SchemaAST.toEncoded(ast.thunk()), seen)
  return SchemaAST.isUnion(ast) ? ast.types.flatMap((type) => membersOf(type, seen)) : [ast]
}

/** Whether a schema can hold a value that is written differently with and without a style. */
export const holdsNullOrUnknown = (schema: Schema.Constraint): boolean =>
  anywhere(SchemaAST.toEncoded(schema.ast), new Set(), (ast) => SchemaAST.isNull(ast) || SchemaAST.isDeclaration(ast))

/** Whether a schema leaves a value as it is, whatever it is. */
export const holdsAny = (schema: Schema.Constraint): boolean =>
  anywhere(SchemaAST.toEncoded(schema.ast), new Set(), SchemaAST.isAny)

const anywhere = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST>, matches: (ast: SchemaAST.AST) => boolean): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  return matches(ast) || partsOf(ast).some((part) => anywhere(part, seen, matches))
}

const partsOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  if (SchemaAST.isSuspend(ast)) return [SchemaAST.toEncoded(ast.thunk())]
  if (SchemaAST.isUnion(ast)) return ast.types
  if (SchemaAST.isArrays(ast)) return [...ast.elements, ...ast.rest]
  if (SchemaAST.isObjects(ast)) return [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type)
  return []
}

const rootProblem = (ast: SchemaAST.AST): string | undefined =>
  SchemaAST.isArrays(ast) || SchemaAST.isString(ast) || SchemaAST.isNumber(ast) || SchemaAST.isBoolean(ast)
    ? "the payload is not an object with fields"
    : undefined
