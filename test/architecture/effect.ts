/** What the installed Effect says of its own modules, and which of their values the sources use. */
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { childrenOf, importsOf, isNode, type Node, parse, type Sources } from "./sources.ts"

const effectFolder = dirname(createRequire(import.meta.url).resolve("effect/package.json"))

const firstComment = /\/\*\*[\s\S]*?\*\//

/** `effect/http/HttpClient` to the `@stability` of its documentation; a namespace of modules counts as unstable. */
export const stability = (module: string): string => {
  const file = join(effectFolder, "src", `${module.slice("effect/".length)}.ts`)
  if (!existsSync(file)) return isFunctionOfRoot(module) ? "stable" : "unstable"
  return /@stability (\w+)/.exec(firstComment.exec(readFileSync(file, "utf8"))?.[0] ?? "")?.[1] ?? "unknown"
}

/** `pipe`, `flow` and other functions that `effect` exports beside its modules. */
const isFunctionOfRoot = (module: string) => /^effect\/[a-z]\w*$/.test(module)

export interface Use {
  readonly file: string
  /** What is imported, such as `effect/http`. */
  readonly specifier: string
  /** From the module's exports on, such as `HttpClient.make`. */
  readonly path: string
}

const name = (node: unknown): string => (isNode(node) ? String(node["name"] ?? node["value"]) : "")

/** Types vanish before anything runs; `class`, call and `new` expressions may hold them among their values. */
const isType = (node: Node): boolean =>
  node.type.startsWith("TS") && !["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"].includes(node.type)

const valueNodes = (node: Node): ReadonlyArray<Node> =>
  isType(node) || node["importKind"] === "type" ? [] : [node, ...childrenOf(node).flatMap(valueNodes)]

/** Local names of the values imported from a specifier, with the export each stands for (`""` for the namespace). */
const valueImports = (program: Node, specifier: string) =>
  valueNodes(program)
    .filter((node) => node.type === "ImportDeclaration" && name(node["source"]) === specifier)
    .flatMap((node) => childrenOf(node))
    .filter((node) => node.type.startsWith("Import") && node["importKind"] !== "type")
    .map((node) => [name(node["local"]), isNode(node["imported"]) ? name(node["imported"]) : ""] as const)

/** Every value of Effect that a source names as `Module.member`. */
export const usesOf = (file: string, source: string): ReadonlyArray<Use> => {
  const program = parse(source)
  const specifiers = new Set(importsOf(file, source).map((each) => each.specifier))
  const members = valueNodes(program).filter((node) => node.type === "MemberExpression" && node["computed"] === false)
  return [...specifiers]
    .filter((specifier) => specifier === "effect" || specifier.startsWith("effect/"))
    .flatMap((specifier) => usesFrom(file, specifier, new Map(valueImports(program, specifier)), members))
}

const usesFrom = (file: string, specifier: string, locals: ReadonlyMap<string, string>, members: ReadonlyArray<Node>) =>
  members.flatMap((node): ReadonlyArray<Use> => {
    const imported = isNode(node["object"]) ? locals.get(name(node["object"])) : undefined
    if (imported === undefined || (isNode(node["object"]) && node["object"].type !== "Identifier")) return []
    return [{ file, specifier, path: [imported, name(node["property"])].filter((part) => part !== "").join(".") }]
  })

export const allUses = (sources: Sources): ReadonlyArray<Use> =>
  [...sources].flatMap(([file, source]) => usesOf(file, source))

const get = (value: unknown, key: string): unknown =>
  (typeof value === "object" || typeof value === "function") && value !== null ? Reflect.get(value, key) : undefined

/** The uses that the installed Effect does not have. */
export const renamedUses = async (uses: ReadonlyArray<Use>): Promise<ReadonlyArray<string>> => {
  const found = new Set<string>()
  for (const use of uses) {
    const module: unknown = await import(use.specifier)
    if (use.path.split(".").reduce(get, module) === undefined) {
      found.add(`${use.file} uses ${use.path} of ${use.specifier}, which is not there`)
    }
  }
  return [...found]
}
