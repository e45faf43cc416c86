import { globSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { open, readExamples, root, runProgram } from "./examples/execute.ts"
import { type Example, extract } from "./examples/extract.ts"

const documents = ["packages/*/src/**/*.ts", "*.md", "docs/**/*.md", "examples/**/*.md", "bench/**/*.md"]
const files = globSync(documents, { cwd: root, exclude: ["**/node_modules"] }).toSorted()
const examples = readExamples(files)
const checked = examples.filter((example) => example.mode !== "no-check")
const programs = globSync("examples/*.ts", { cwd: root }).toSorted()

describe("the documentation", () => {
  const workshop = open(checked)
  let diagnostics: ReadonlyMap<Example, ReadonlyArray<string>> = new Map()

  beforeAll(async () => {
    diagnostics = await workshop.check()
  }, 180_000)

  afterAll(workshop.remove)

  it("has at most three examples that are not checked", () =>
    expect(examples.length - checked.length).toBeLessThanOrEqual(3))

  for (const example of checked) {
    const runs = example.mode === "run"
    it.concurrent(`${example.file}:${example.line} type-checks${runs ? " and runs" : ""}`, async () => {
      expect(diagnostics.get(example)).toEqual([])
      expect(runs ? await workshop.run(example) : undefined).toBeUndefined()
    }, 120_000)
  }
})

for (const file of programs) {
  it.concurrent(`${file} runs`, () => expect(runProgram(join(root, file), 90_000)).resolves.toBeUndefined(), 120_000)
}

const fence = "```"

const page = (...lines: ReadonlyArray<string>) => extract("docs/page.md", lines.join("\n"))

describe("an example is found", () => {
  it("in a doc comment, at its line, without the stars", () => {
    const source = [
      `import "effect"`,
      `/**`,
      ` * Adds.`,
      ` * ${fence}ts`,
      ` * const one = 1`,
      ` *`,
      ` *   const two = 2`,
      ` * ${fence}`,
      ` */`
    ]
    expect(extract("core/src/A.ts", source.join("\n"))).toEqual([
      { file: "core/src/A.ts", line: 5, mode: "run", code: "const one = 1\n\n  const two = 2\n" }
    ])
  })

  it("on a page, each block by itself, also when it is indented", () =>
    expect(page("# Page", `${fence}ts`, "1", fence, "- item", `  ${fence}ts no-run`, "  2", `  ${fence}`)).toEqual([
      { file: "docs/page.md", line: 3, mode: "run", code: "1\n" },
      { file: "docs/page.md", line: 7, mode: "no-run", code: "2\n" }
    ]))

  it("only in a ts block", () =>
    expect(page(`${fence}sh`, "npm start", fence, `${fence}json`, "{}", fence)).toEqual([]))

  it("or refused, when it is never closed or has an unknown mark", () => {
    expect(() => page("text", `${fence}ts`, "1")).toThrow("docs/page.md:2: this example is never closed")
    expect(() => page(`${fence}ts norun`, "1", fence)).toThrow("docs/page.md:1: an example is")
  })
})

describe("an example that is wrong", () => {
  const [ill, thrown, untrue, endless, unsettled, failing, right] = page(
    `${fence}ts`,
    `import { Effect } from "effect"`,
    `export const text: string = Effect.succeed(1)`,
    fence,
    `${fence}ts`,
    `import { Effect } from "effect"`,
    `await Effect.runPromise(Effect.sync(() => { throw new Error("no such page") }))`,
    fence,
    `${fence}ts`,
    `Promise.resolve(2).then((two) => console.assert(two === 3))`,
    fence,
    `${fence}ts`,
    `setInterval(() => {}, 1000)`,
    fence,
    `${fence}ts`,
    `await new Promise(() => {})`,
    fence,
    `${fence}ts`,
    `process.exitCode = 3`,
    fence,
    `${fence}ts`,
    `console.assert(process.exitCode === undefined)`,
    fence
  ) as [Example, Example, Example, Example, Example, Example, Example] // the blocks above
  const workshop = open([ill, thrown, untrue, endless, unsettled, failing, right])

  afterAll(workshop.remove)

  it("in its types is named by file and line", async () => {
    const diagnostics = await workshop.check()
    expect(diagnostics.get(ill)).toEqual([expect.stringMatching(/^docs\/page\.md:3 error TS2322/)])
    expect(diagnostics.get(thrown)).toEqual([])
  }, 120_000)

  it("when it runs is named by file and line", async () => {
    const wrong = await workshop.run(thrown)
    expect(wrong).toMatch(/^docs\/page\.md:6 ended with exit code 1/)
    expect(wrong).toContain("no such page")
    expect(wrong).toContain("docs/page.md:7")
  })

  it("by an assertion of the console fails too", async () =>
    expect(await workshop.run(untrue)).toMatch(/^docs\/page\.md:10 ended with exit code 1/))

  it("by waiting for what never comes fails as it does in a program", async () =>
    expect(await workshop.run(unsettled)).toMatch(/^docs\/page\.md:16 ended with exit code 13/))

  it("leaves nothing behind for the next", async () => {
    expect(await workshop.run(failing)).toMatch(/^docs\/page\.md:19 ended with exit code 3/)
    expect(await workshop.run(right)).toBeUndefined()
  })

  it("by not ending is stopped", async () =>
    expect(await workshop.run(endless, { millis: 1000 })).toMatch(/^docs\/page\.md:13 did not end within 1 s/))
})
