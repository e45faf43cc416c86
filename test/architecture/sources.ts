/** The sources of all packages as a map from path to text, and what each of them imports. */
import { globSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "vitest/node"

/** Paths as in `core/src/policy/Retry.ts`, from the packages folder on. */
export type Sources = ReadonlyMap<string, string>

export interface Import {
  readonly file: string
  readonly line: number
  readonly specifier: string
  /** The imported names; `*` for a namespace, a re-export of everything or an `import()`. */
  readonly names: ReadonlyArray<string>
  /** Whether nothing of it is left at run time. */
  readonly isType: boolean
}

export const packagesFolder = fileURLToPath(new URL("../../packages/", import.meta.url))

export const readSources = (): Sources =>
  new Map(
    globSync("*/src/**/*.ts", { cwd: packagesFolder })
      .toSorted()
      .map((file) => [file.replaceAll("\\", "/"), readFileSync(join(packagesFolder, file), "utf8")])
  )

export interface Node {
  readonly type: string
  readonly start: number
  readonly [field: string]: unknown
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string"

export const childrenOf = (node: Node): ReadonlyArray<Node> => Object.values(node).flat().filter(isNode)

export const parse = (text: string): Node => {
  const program: unknown = parseAst(text, { lang: "ts", sourceType: "module" })
  if (isNode(program)) return program
  throw new Error("the parser answered with something that is no syntax tree")
}

export const everyNode = (node: Node): ReadonlyArray<Node> => [node, ...childrenOf(node).flatMap(everyNode)]

const text = (value: unknown): string => (isNode(value) ? String(value["value"] ?? value["name"]) : "*")

/** The `A` of `import("...").A.B`. */
const leftmost = (qualifier: unknown): unknown =>
  isNode(qualifier) && qualifier.type === "TSQualifiedName" ? leftmost(qualifier["left"]) : qualifier

const namesOf = (node: Node): ReadonlyArray<string> => {
  if (node.type === "TSImportType") return [text(leftmost(node["qualifier"]))]
  const specifiers = [node["specifiers"]].flat().filter(isNode)
  if (specifiers.length === 0) return ["*"]
  return specifiers.map((each) => (each.type === "ExportSpecifier" ? text(each["local"]) : text(each["imported"])))
}

const importing = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType"
])

export const lineAt = (source: string, offset: number): number => source.slice(0, offset).split("\n").length

export const importsOf = (file: string, source: string): ReadonlyArray<Import> =>
  everyNode(parse(source))
    .filter((node) => importing.has(node.type) && isNode(node["source"]))
    .map((node) => ({
      file,
      line: lineAt(source, node.start),
      specifier: text(node["source"]),
      names: namesOf(node),
      isType: node.type === "TSImportType" || node["importKind"] === "type" || node["exportKind"] === "type"
    }))

export const allImports = (sources: Sources): ReadonlyArray<Import> =>
  [...sources].flatMap(([file, source]) => importsOf(file, source))

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const folders = globSync("*/package.json", { cwd: packagesFolder }).map((file) =>
  posix.dirname(file.replaceAll("\\", "/"))
)

const manifestOf = (folder: string): Manifest =>
  // The workspace's own file: a wrong shape fails on first use, which is what a check is for.
  JSON.parse(readFileSync(join(packagesFolder, folder, "package.json"), "utf8")) as Manifest

/** What each package declares to need at run time. */
export const dependenciesOf = (folder: string): ReadonlyArray<string> => {
  const { dependencies, peerDependencies } = manifestOf(folder)
  return Object.keys({ ...dependencies, ...peerDependencies })
}

/** `@causeway/core/policy` to `core/src/policy/index.ts`, and so on for all that the packages export by name. */
export const entryPoints: ReadonlyMap<string, string> = new Map(
  folders.flatMap((folder) => {
    const { exports, name } = manifestOf(folder)
    return Object.entries(exports)
      .filter(
        (entry): entry is [string, string] =>
          typeof entry[1] === "string" && entry[1].endsWith(".ts") && !entry[0].includes("*")
      )
      .map(([subpath, file]) => [name + subpath.slice(1), posix.join(folder, file)] as const)
  })
)

const scope = "@causeway/"

/** `@causeway/core/policy/Retry` to `core/src/policy/Retry.ts`: every module has a path of its own beside its room's. */
const modulePath = (specifier: string): string => {
  const [name = "", ...rest] = specifier.slice(scope.length).split("/")
  return `${[name, "src", ...rest].join("/")}.ts`
}

/** The source file an import leads to; `undefined` when it leads out of the workspace. */
export const resolve = ({ file, specifier }: Import): string | undefined => {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier)
  return specifier.startsWith(scope) ? (entryPoints.get(specifier) ?? modulePath(specifier)) : undefined
}
