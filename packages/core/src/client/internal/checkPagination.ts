/** Checks, where an endpoint is defined, that it declares what its pagination changes. */
import { type Schema, SchemaAST } from "effect"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import type { Pagination } from "../Pagination.ts"

/** The names of a struct's properties, as they are decoded and as they are on the wire. */
export interface Names {
  readonly decoded: ReadonlySet<string>
  readonly onTheWire: ReadonlySet<string>
}

/** What an endpoint declares of a request. */
interface Declaring {
  readonly identifier: string
  readonly query: Schema.Constraint | undefined
  readonly payload: ReadonlyMap<string, { readonly schemas: ReadonlyArray<Schema.Constraint> }>
}

/** Undefined where a schema is not a struct, or has properties of any name. */
export const declaredNames = (schema: Schema.Constraint | undefined): Names | undefined => {
  if (schema === undefined) return { decoded: new Set(), onTheWire: new Set() }
  const decoded = namesIn(decodedOf(schema.ast))
  const onTheWire = namesIn(SchemaAST.toEncoded(schema.ast))
  return decoded === undefined || onTheWire === undefined ? undefined : { decoded, onTheWire }
}

/** A class is declared over the struct of its fields. */
const decodedOf = (ast: SchemaAST.AST): SchemaAST.AST => {
  const type = SchemaAST.toType(ast)
  return SchemaAST.isDeclaration(type) && type.typeParameters[0] !== undefined ? type.typeParameters[0] : type
}

const namesIn = (ast: SchemaAST.AST): ReadonlySet<string> | undefined =>
  SchemaAST.isObjects(ast) && ast.indexSignatures.length === 0
    ? new Set(ast.propertySignatures.map(({ name }) => String(name)))
    : undefined

/** Throws `InvalidOption` for a name that the endpoint does not declare, with the nearest one that it does. */
export const checkPagination = (
  endpoint: Declaring,
  { requires }: Pick<Pagination<never, unknown>, "requires">
): void => {
  for (const name of requires.query) checkQuery(endpoint, name)
  for (const path of requires.payload) checkPayload(endpoint, path)
}

const checkQuery = ({ identifier, payload, query }: Declaring, name: string): void => {
  const names = declaredNames(query)
  if (names === undefined || names.decoded.has(name) || names.onTheWire.has(name)) return
  const isInPayload = rootsOf(payload).some((root) => namesIn(root)?.has(name) === true)
  const what = isInPayload ? `query parameter (the payload has it: use pagination.payload)` : "query parameter"
  refuse(`pagination.query of endpoint ${identifier}`, name, what, names.decoded)
}

const checkPayload = ({ identifier, payload }: Declaring, path: ReadonlyArray<string>): void => {
  const roots = rootsOf(payload)
  if (roots.some((root) => isReachable(root, path))) return
  const names = roots.flatMap((root) => [...(namesIn(root) ?? [])])
  refuse(`pagination.payload of endpoint ${identifier}`, path.join("."), "property of the payload", new Set(names))
}

const rootsOf = (payload: Declaring["payload"]): ReadonlyArray<SchemaAST.AST> =>
  Array.from(payload.values()).flatMap(({ schemas }) => schemas.map(({ ast }) => decodedOf(ast)))

/** Only a struct without the name is rejected. */
const isReachable = (ast: SchemaAST.AST, [name, ...rest]: ReadonlyArray<string>): boolean => {
  if (name === undefined) return true
  if (SchemaAST.isUnion(ast)) return ast.types.some((member) => isReachable(decodedOfMember(member), [name, ...rest]))
  if (!SchemaAST.isObjects(ast)) return !isLeaf(ast)
  if (ast.indexSignatures.length > 0) return true
  const property = ast.propertySignatures.find((property) => property.name === name)
  return property !== undefined && isReachable(decodedOfMember(property.type), rest)
}

const decodedOfMember = (ast: SchemaAST.AST): SchemaAST.AST =>
  SchemaAST.isDeclaration(ast) && ast.typeParameters[0] !== undefined ? ast.typeParameters[0] : ast

const isLeaf = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isString(ast) ||
  SchemaAST.isNumber(ast) ||
  SchemaAST.isBoolean(ast) ||
  SchemaAST.isLiteral(ast) ||
  SchemaAST.isNull(ast) ||
  SchemaAST.isUndefined(ast)

const refuse = (option: string, name: string, what: string, declared: ReadonlySet<string>): never => {
  const names = [...declared].toSorted((one, other) => distance(name, one) - distance(name, other))
  const accepts =
    names.length === 0
      ? `the name of a ${what} that the endpoint declares, and it declares none`
      : `the name of a ${what} that the endpoint declares, such as ${names
          .slice(0, 3)
          .map((one) => JSON.stringify(one))
          .join(", ")}`
  throw new InvalidOption.InvalidOption({ option, actual: JSON.stringify(name), accepts })
}

/** Levenshtein's edit distance. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [i, char] of Array.from(one).entries()) {
    const next = [i + 1]
    for (const [j, against] of Array.from(other).entries()) {
      const replaced = (row[j] ?? 0) + (char === against ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
