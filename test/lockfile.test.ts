import { readFileSync } from "node:fs"
import { expect, it } from "vitest"

const lockfile = readFileSync(new URL("../pnpm-lock.yaml", import.meta.url), "utf8")

it("the lockfile names no registry, so that everyone installs from their own", () => {
  expect(lockfile).toContain("lockfileVersion")
  expect(lockfile).not.toMatch(/https?:\/\/|tarball:/)
})
