/** The published vectors: how many there are, and that each file of them is read by a test. */
import { assert, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("./", import.meta.url))

const files = globSync("vectors/*.json", { cwd: folder })

interface Vectors {
  readonly source: string
  readonly vectors: ReadonlyArray<{ readonly id: string }>
}

// The files are written in this form.
const read = (file: string) => JSON.parse(readFileSync(folder + file, "utf8")) as Vectors

it("54 vectors are there, each once, and each file names its source", () => {
  const ids = files.flatMap((file) => read(file).vectors.map(({ id }) => id))
  assert.strictEqual(ids.length, 54)
  assert.strictEqual(new Set(ids).size, 54)
  for (const file of files) assert.match(read(file).source, /^https:\/\//)
})

it("every file of vectors is imported by a test", () => {
  const tests = globSync("**/*.test.ts", { cwd: folder }).map((file) => readFileSync(folder + file, "utf8"))
  const unused = files.filter((file) => !tests.some((text) => text.includes(`${file}" with`)))
  assert.deepStrictEqual(unused, [])
})
