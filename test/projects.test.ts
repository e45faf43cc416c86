import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import projects from "../vitest.workspace.ts"

const root = fileURLToPath(new URL("../", import.meta.url))

const find = (patterns: ReadonlyArray<string>) => globSync(patterns, { cwd: root, exclude: ["**/node_modules", ".*"] })

it("every test file belongs to a project, so that none is left out in silence", () => {
  const included = projects.flatMap((project) =>
    typeof project === "object" && "test" in project ? (project.test?.include ?? []) : []
  )
  const run = new Set(find(included))
  expect(find(["**/*.test.ts", "**/*.spec.ts"]).filter((file) => !run.has(file))).toEqual([])
  expect(run.size).toBeGreaterThan(5)
})
