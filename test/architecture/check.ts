/** Each check answers with one line per violation, and with none when the sources follow the rules. */
import { posix } from "node:path"
import type { Captions } from "./captions.ts"
import * as rules from "./rules.ts"
import { allImports, type Import, resolve, type Sources } from "./sources.ts"

export const packageOf = (file: string): string => file.split("/")[0] ?? file

export const roomOf = (file: string): string => {
  const [name = "", , room] = file.split("/")
  const hasRooms = name === "core" || name === "providers"
  return hasRooms && room !== undefined && !room.endsWith(".ts") ? `${name}/${room}` : name
}

const matches = (pattern: string, room: string) =>
  pattern.endsWith("/*") ? room.startsWith(pattern.slice(0, -1)) : pattern === room

const entryFor = <A>(table: Readonly<Record<string, A>>, room: string): A | undefined =>
  Object.entries(table).find(([pattern]) => matches(pattern, room))?.[1]

const at = (each: Import) => `${each.file}:${each.line} imports ${each.specifier}`

const filesOf = (sources: Sources) => [...sources.keys()]

/** Arrows point down: a room imports only the rooms below it, and no other room's internals. */
export const upwardImports = (sources: Sources): ReadonlyArray<string> =>
  allImports(sources).flatMap((each) => {
    const target = resolve(each)
    return target === undefined ? [] : upward(each, roomOf(each.file), target)
  })

const upward = (each: Import, from: string, target: string): ReadonlyArray<string> => {
  const to = roomOf(target)
  if (from === to) return []
  const allowed = entryFor(rules.arrows, from)
  if (allowed === undefined) return [`${each.file}: the room ${from} has no arrows in rules.ts`]
  if (!allowed.some((pattern) => matches(pattern, to))) return [`${at(each)}: ${from} may not know ${to}`]
  const isOpen = rules.openedTo[target]?.includes(from) ?? false
  if (target.includes("/internal/") && !isOpen) return [`${at(each)}: what is internal to ${to} stays there`]
  return packageOf(each.file) !== packageOf(target) && each.specifier.startsWith(".")
    ? [`${at(each)}: another package is imported by its name`]
    : []
}

/** No file is reached again from its own imports, those of types left out: they are gone at run time. */
export const circles = (sources: Sources): ReadonlyArray<string> => {
  const found = new Map<string, string>()
  const done = new Set<string>()
  const running = allImports(sources).filter(({ isType }) => !isType)
  const targets = Map.groupBy(running, (each) => each.file)
  const visit = (file: string, trail: ReadonlyArray<string>): void => {
    const start = trail.indexOf(file)
    if (start >= 0) {
      const circle = trail.slice(start)
      found.set(circle.toSorted().join(), [...circle, file].join(" -> "))
    } else if (!done.has(file)) {
      for (const each of targets.get(file) ?? []) visit(resolve(each) ?? "", [...trail, file])
      done.add(file)
    }
  }
  for (const file of sources.keys()) visit(file, [])
  return [...found.values()]
}

/** Every file has its caption, and every caption its file. */
export const uncovered = (sources: Sources, captions: Captions): ReadonlyArray<string> => {
  const captioned = Object.values(captions).flatMap((room) => Object.keys(room.files).map((name) => room.folder + name))
  const missing = filesOf(sources).filter((file) => !captioned.includes(file))
  const stale = captioned.filter((file) => !sources.has(file))
  return [
    ...missing.map((file) => `${file} has no caption in captions.ts`),
    ...stale.map((file) => `captions.ts has a caption for ${file}, which does not exist`)
  ]
}

const isModule = /^([A-Z][A-Za-z0-9]*|index)\.ts$/
const isInternal = /^[A-Za-z][A-Za-z0-9]*\.ts$/

/** Modules are named after their noun, nothing after a drawer, and every room has its index. */
export const misnamed = (sources: Sources): ReadonlyArray<string> => [
  ...filesOf(sources).flatMap(misnamedFile),
  ...[...new Set(filesOf(sources).map(roomOf))].flatMap((room) => missingIndex(room, sources))
]

const misnamedFile = (file: string): ReadonlyArray<string> => {
  const parts = file.replace(/\.ts$/, "").toLowerCase().split("/")
  const empty = parts.find((part) => rules.emptyNames.has(part))
  if (empty !== undefined) return [`${file}: "${empty}" says nothing about what is inside`]
  const pattern = file.includes("/internal/") ? isInternal : isModule
  return pattern.test(posix.basename(file)) ? [] : [`${file} is no PascalCase module and no index.ts`]
}

const missingIndex = (room: string, sources: Sources): ReadonlyArray<string> => {
  const [name, inner] = room.split("/")
  const index = [name, "src", inner, "index.ts"].filter((part) => part !== undefined).join("/")
  return sources.has(index) || rules.withoutIndex.some((pattern) => matches(pattern, room))
    ? []
    : [`${index} is missing`]
}

/** A provider is a folder with four kinds of files, named after it. */
export const strayProviderFiles = (sources: Sources): ReadonlyArray<string> =>
  filesOf(sources)
    .filter((file) => roomOf(file).startsWith("providers/"))
    .filter((file) => !isProviderFile(file))
    .map((file) => `${file}: a provider has only <P>.ts, <P>Api.ts, <P>Auth.ts and <P>Webhook.ts`)

const isProviderFile = (file: string): boolean => {
  const [, , folder = "", name = "", ...deeper] = file.split("/")
  const provider = folder.replaceAll("-", "")
  const allowed = rules.providerFiles.map((ending) => `${provider}${ending.toLowerCase()}.ts`)
  return deeper.length === 0 && allowed.includes(name.toLowerCase())
}

export type Dependencies = (packageName: string) => ReadonlyArray<string>

/** A package imports what its package.json declares, and of Node what its rule allows. */
export const undeclaredImports = (sources: Sources, dependencies: Dependencies): ReadonlyArray<string> =>
  allImports(sources).flatMap((each) => {
    if (each.specifier.startsWith(".")) return []
    return each.specifier.startsWith("node:") ? foreignNodeModule(each) : undeclared(each, dependencies)
  })

const foreignNodeModule = (each: Import): ReadonlyArray<string> => {
  const allowed = rules.nodeModules[packageOf(each.file)]
  return allowed === undefined || allowed.includes(each.specifier)
    ? []
    : [`${at(each)}: of Node, ${packageOf(each.file)} may import ${allowed.join(", ") || "nothing"}`]
}

const undeclared = (each: Import, dependencies: Dependencies): ReadonlyArray<string> => {
  const name = each.specifier
    .split("/")
    .slice(0, each.specifier.startsWith("@") ? 2 : 1)
    .join("/")
  if (!dependencies(packageOf(each.file)).includes(name))
    return [`${at(each)}: its package.json does not declare ${name}`]
  const holders = rules.heldBy[name]
  return holders === undefined || holders.includes(roomOf(each.file))
    ? []
    : [`${at(each)}: only ${holders.join(", ")} may`]
}

/** Answers with the stability that Effect's documentation gives to a module such as `effect/http/HttpClient`. */
export type Stability = (module: string) => string

/** Effect's modules that may still change are imported only in the files that are listed for them. */
export const unstableImports = (
  sources: Sources,
  held: Readonly<Record<string, ReadonlyArray<string>>>,
  stability: Stability
): ReadonlyArray<string> => {
  const used = usedUnstable(sources, stability)
  const unlisted = used.filter(({ each, group }) => !held[each.file]?.includes(group))
  const isUsed = (file: string, group: string) => used.some((use) => use.each.file === file && use.group === group)
  const stale = Object.entries(held).flatMap(([file, groups]) =>
    groups
      .filter((group) => !isUsed(file, group))
      .map((group) => `unstable.ts lists ${group} for ${file}, which does not import it`)
  )
  return [
    ...new Set(unlisted.map(({ each, group }) => `${at(each)}: unstable.ts does not list ${group} for it`)),
    ...stale
  ]
}

/** The part of Effect an import takes from: `effect/http` as a whole, but single modules of `effect` itself. */
export const usedUnstable = (sources: Sources, stability: Stability) =>
  allImports(sources)
    .filter((each) => each.specifier === "effect" || each.specifier.startsWith("effect/"))
    .flatMap((each) =>
      modulesOf(each)
        .filter((module) => stability(module) !== "stable")
        .map((module) => ({ each, group: module.split("/").slice(0, 2).join("/") }))
    )

export const modulesOf = (each: Import): ReadonlyArray<string> => {
  const endsInModule = /\/[A-Z][A-Za-z0-9]*$/.test(each.specifier)
  return endsInModule ? [each.specifier] : each.names.map((name) => `${each.specifier}/${name}`)
}
