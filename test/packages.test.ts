import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { entryPoints } from "./architecture/sources.ts"

const root = fileURLToPath(new URL("../", import.meta.url))

/** Imports a module in a Node of its own, without a transformer between. */
const load = (specifier: string) =>
  promisify(execFile)(process.execPath, ["--input-type=module", "-e", `await import(${JSON.stringify(specifier)})`], {
    cwd: root
  })

describe("the packages", () => {
  for (const specifier of entryPoints.keys()) {
    it.concurrent(`run ${specifier} from its sources under plain Node`, async () => {
      await expect(load(specifier)).resolves.toBeDefined()
    })
  }

  it.each(["@causeway/core", "@causeway/node", "@causeway/providers"])(
    "keep the internals of %s closed",
    async (name) => {
      await expect(load(`${name}/internal/anything`)).rejects.toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED")
    }
  )

  it("keep the internals of a room closed", async () => {
    await expect(load("@causeway/core/policy/internal/anything")).rejects.toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED")
  })
})
