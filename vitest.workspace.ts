import type { TestProjectConfiguration } from "vitest/config"

const project = (name: string, include: ReadonlyArray<string>): TestProjectConfiguration => ({
  test: { name, include: [...include], testTimeout: 30_000 }
})

const projects: Array<TestProjectConfiguration> = [
  project("core", ["packages/core/test/**/*.test.ts"]),
  project("node", ["packages/node/test/**/*.test.ts"]),
  project("providers", ["packages/providers/test/**/*.test.ts"]),
  project("workspace", ["test/**/*.test.ts"])
]

export default projects
