import { fileURLToPath } from "node:url"
import type { TestProjectConfiguration } from "vitest/config"

/** Where the processes that tests start keep what Node has compiled, so that not each one compiles all sources again. */
const compiled = fileURLToPath(new URL(".cache/compiled", import.meta.url))

interface Options {
  readonly exclude?: ReadonlyArray<string>
  /** Whether each file has modules of its own. Loading all of them anew takes longer than most files' tests. */
  readonly isolate: boolean
}

const project = (
  name: string,
  include: ReadonlyArray<string>,
  { exclude = [], isolate }: Options
): TestProjectConfiguration => ({
  test: {
    name,
    include: [...include],
    exclude: [...exclude],
    isolate,
    testTimeout: 30_000,
    env: { NODE_COMPILE_CACHE: compiled }
  }
})

/** They stand in for a module, for which it must not have been loaded before. */
const replacing = ["packages/core/test/webhook/tenants.test.ts"]

const projects: Array<TestProjectConfiguration> = [
  project("core", ["packages/core/test/**/*.test.ts"], { exclude: replacing, isolate: false }),
  project("core, replacing modules", replacing, { isolate: true }),
  project("node", ["packages/node/test/**/*.test.ts"], { isolate: true }),
  project("providers", ["packages/providers/test/**/*.test.ts"], { isolate: false }),
  project("workspace", ["test/**/*.test.ts"], { isolate: true })
]

export default projects
