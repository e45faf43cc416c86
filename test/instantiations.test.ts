import { readdir, readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { byHand, fromApi } from "./types/large.ts"
import { compile, type Project, withProject } from "./types/project.ts"

const instantiationsOf = (name: string, source: string): Promise<number> =>
  withProject(name, source, async (project) =>
    Number(/Instantiations:\s+(\d+)/.exec(await compile(project, ["--extendedDiagnostics"]))?.[1])
  )

const emitting = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: "./out", rootDir: "/" }

const formatted = (count: number): string => count.toLocaleString("en")

describe("the types of a large integration", () => {
  for (const [name, sourceOf] of [
    ["endpoints written by hand", byHand],
    ["endpoints of an HttpApi", fromApi]
  ] as const) {
    it(`100, 300 and 900 ${name} type-check in instantiations that grow with their number, 300 in under 2,000,000`, async () => {
      const counts: Array<number> = []
      for (const count of [100, 300, 900]) {
        counts.push(await instantiationsOf(`${name.replaceAll(" ", "-")}-${count}`, sourceOf(count)))
      }
      const [hundred = 0, threeHundred = 0, nineHundred = 0] = counts
      console.log(`${name}: ${counts.map(formatted).join(", ")} instantiations`)
      assert.isAbove(hundred, 0)
      assert.isBelow(threeHundred, 2_000_000)
      const perEndpoint = (threeHundred - hundred) / 200
      assert.isBelow((nineHundred - threeHundred) / 600, perEndpoint * 1.2)
    }, 240_000)

    it(`900 ${name} have declarations of less than 2,000 characters each`, async () => {
      const name900 = `declarations-of-${name.replaceAll(" ", "-")}`
      const declarationsOf = async (project: Project): Promise<string> => {
        assert.strictEqual(await compile(project), "")
        const files = await readdir(`${project.folder}/out`, { recursive: true })
        return readFile(`${project.folder}/out/${files.find((path) => path.endsWith("source.d.ts"))}`, "utf8")
      }
      const declarations = await withProject(name900, sourceOf(900), declarationsOf, emitting)
      assert.include(declarations, "get899")
      assert.isBelow(declarations.length, 900 * 2_000)
    }, 240_000)
  }
})
