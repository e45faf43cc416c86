import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { entryPoints, readSources } from "./architecture/sources.ts"

const root = fileURLToPath(new URL("../", import.meta.url))

/** Imports modules in a Node of its own, without a transformer between, and answers with what became of each. */
const load = async (specifiers: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const program = `
    const attempt = (path) => import(path).then(() => "loads", (error) => error.code ?? error.message)
    console.log(JSON.stringify(await Promise.all(${JSON.stringify(specifiers)}.map(attempt))))`
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { cwd: root })
  const outcomes: ReadonlyArray<string> = JSON.parse(stdout)
  return specifiers.map((specifier, index) => `${specifier}: ${outcomes[index]}`)
}

const specifierOf = (file: string) => `@causeway/${file.replace("/src/", "/").replace(/\.ts$/, "")}`

const sources = [...readSources().keys()]
const modules = sources.filter((file) => !file.includes("/internal/") && !file.endsWith("index.ts")).map(specifierOf)
const internals = sources.filter((file) => file.includes("/internal/")).map(specifierOf)

describe("the packages", () => {
  it("run every room and every module from its sources under plain Node", async () => {
    const open = [...entryPoints.keys(), ...modules]
    expect(await load(open)).toEqual(open.map((specifier) => `${specifier}: loads`))
  })

  it("keep what is internal closed", async () => {
    const guessed = ["core", "node", "providers", "core/policy", "core/webhook"].map(
      (room) => `@causeway/${room}/internal/x`
    )
    const closed = [...internals, ...guessed]
    expect(await load(closed)).toEqual(closed.map((specifier) => `${specifier}: ERR_PACKAGE_PATH_NOT_EXPORTED`))
  })
})
