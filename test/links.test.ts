import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

const root = fileURLToPath(new URL("../", import.meta.url))

const pages = globSync(["*.md", "{docs,examples,bench,packages}/**/*.md"], { cwd: root, exclude: ["**/node_modules"] })

const link = /\]\(([^)\s#]+)[^)]*\)/g

const linksOf = (page: string) =>
  [...readFileSync(join(root, page), "utf8").matchAll(link)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))

it.each(pages)("%s links only to files that exist", (page) => {
  const broken = linksOf(page).filter((target) => !existsSync(join(root, dirname(page), target)))
  expect(broken).toEqual([])
})
