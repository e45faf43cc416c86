/** Builds every package into its `dist` from nothing. */
import { globSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root, runOrThrow } from "./command.ts"

const importOfSource = /\b(?:from|import)\s*\(?\s*["'](\.[^"']*\.ts)["']/

const checkImports = () => {
  for (const file of globSync("packages/*/dist/**/*.js", { cwd: root })) {
    const match = importOfSource.exec(readFileSync(join(root, file), "utf8"))
    if (match !== null) throw new Error(`${file} imports the source ${match[1]}; a published file imports .js files`)
  }
}

export const build = async () => {
  for (const dist of globSync("packages/*/dist", { cwd: root })) rmSync(join(root, dist), { recursive: true })
  await runOrThrow("tsc", ["-b", ...globSync("packages/*/tsconfig.json", { cwd: root })])
  checkImports()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await build()
