/**
 * Packs every package as it would be published and looks at the tarballs as a user's project does: publint and attw
 * find nothing, every subpath imports under plain Node, its types compile, and `internal` stays closed.
 */
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { root, runOrThrow } from "./command.ts"

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

// The file was written by this workspace; a wrong shape fails on first use, which is what a check is for.
const readManifest = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

const packages = (): ReadonlyArray<Package> =>
  globSync("packages/*/package.json", { cwd: root })
    .map((file) => dirname(join(root, file)))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))

const packageManager = () =>
  // As above: our own package.json.
  (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { packageManager: string }).packageManager

const pack = async (destination: string) => {
  const args = ["--filter", "./packages/*", "pack", "--pack-destination", destination]
  await runOrThrow("npx", ["--yes", "--loglevel=error", packageManager(), ...args])
  return readdirSync(destination).map((name) => join(destination, name))
}

const lint = async (tarball: string) => {
  await runOrThrow("publint", ["run", tarball, "--strict"])
  await runOrThrow("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--no-definitely-typed"])
}

const link = (target: string, path: string) => {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(realpathSync(target), path, "junction")
}

const dependenciesOf = ({ manifest }: Package) =>
  Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    (name) => !name.startsWith("@causeway/")
  )

/** A project that has the tarballs, and what they declare to need, in its node_modules; nothing else. */
const install = async (project: string, tarballs: ReadonlyArray<string>) => {
  const modules = join(project, "node_modules")
  const unpacked = join(project, "unpacked")
  for (const tarball of tarballs) {
    rmSync(unpacked, { recursive: true, force: true })
    mkdirSync(unpacked)
    await runOrThrow("tar", ["-xzf", tarball, "-C", unpacked])
    const { name } = readManifest(join(unpacked, "package"))
    cpSync(join(unpacked, "package"), join(modules, name), { recursive: true })
  }
  const needed = new Map<string, string>()
  for (const each of packages()) {
    for (const name of dependenciesOf(each)) needed.set(name, join(each.folder, "node_modules", name))
  }
  for (const [name, target] of needed) link(target, join(modules, name))
  link(join(root, "node_modules/@types/node"), join(modules, "@types/node"))
}

/** The star of a pattern in `exports` stands for anything, slashes included. */
const covers = (pattern: string, subpath: string): boolean => {
  const [before, after] = pattern.split("*")
  if (before === undefined || after === undefined) return pattern === subpath
  return subpath.startsWith(before) && subpath.endsWith(after)
}

const isClosed = (manifest: Manifest, subpath: string) =>
  Object.entries(manifest.exports).some(([key, target]) => target === null && covers(key, subpath))

/** Every path that a user may import, the patterns of `exports` filled in with what is there. */
const openPaths = (project: string, { manifest }: Package) => {
  const folder = join(project, "node_modules", manifest.name)
  const modules = globSync("dist/**/*.js", { cwd: folder }).map(
    (file) => `.${file.slice("dist".length, -".js".length)}`
  )
  const named = Object.keys(manifest.exports).filter((key) => !key.includes("*") && key !== "./package.json")
  return [...named, ...modules]
    .filter((subpath) => !isClosed(manifest, subpath))
    .map((subpath) => manifest.name + subpath.slice(1))
}

const closedPaths = (project: string, { manifest }: Package) => {
  const folder = join(project, "node_modules", manifest.name)
  const files = globSync("dist/**/internal/**/*.js", { cwd: folder })
  const modules = files.map((file) => file.slice("dist/".length, -".js".length))
  return [...modules, "internal/anything"].map((path) => `${manifest.name}/${path}`)
}

const importAll = async (project: string) => {
  const open = packages().flatMap((each) => openPaths(project, each))
  const closed = packages().flatMap((each) => closedPaths(project, each))
  const script = `
    import assert from "node:assert/strict"
    for (const path of ${JSON.stringify(open)}) assert.ok(Object.keys(await import(path)).length > 0, path + " exports nothing")
    for (const path of ${JSON.stringify(closed)}) {
      await assert.rejects(() => import(path), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" }, path + " can be imported")
    }`
  writeFileSync(join(project, "imports.mjs"), script)
  await runOrThrow("node", ["imports.mjs"], { cwd: project })
  return open
}

/** Compiles a module that exports everything, and a user's integration, and emits the declarations of both. */
const compile = async (project: string, paths: ReadonlyArray<string>) => {
  const lines = paths.map((path, index) => `export * as M${index} from ${JSON.stringify(path)}`)
  writeFileSync(join(project, "everything.ts"), `${lines.join("\n")}\n`)
  cpSync(join(root, "test/packed/integration.ts"), join(project, "integration.ts"))
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "NodeNext",
    target: "ES2024",
    lib: ["ES2024", "DOM", "DOM.Iterable"],
    types: ["node"],
    declaration: true,
    outDir: "out",
    skipLibCheck: false
  }
  const config = { compilerOptions, files: ["everything.ts", "integration.ts"] }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config))
  await runOrThrow("tsc", ["-p", project])
}

export const checkTarballs = async () => {
  const folder = mkdtempSync(join(tmpdir(), "causeway-pack-"))
  try {
    const tarballs = await pack(join(folder, "tarballs"))
    for (const tarball of tarballs) await lint(tarball)
    const project = join(folder, "project")
    mkdirSync(project)
    writeFileSync(join(project, "package.json"), `{ "type": "module" }`)
    await install(project, tarballs)
    await compile(project, await importAll(project))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await checkTarballs()
