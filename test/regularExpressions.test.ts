/**
 * Every regular expression of the packages takes time that grows with the length of its input, whoever that input comes
 * from: `recheck` analyses each, and each is run over long inputs made of what it is written with.
 */
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parseSync, Visitor } from "oxc-parser"
import { checkSync } from "recheck"
import { describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("..", import.meta.url))

interface Expression {
  readonly place: string
  readonly pattern: string
  readonly flags: string
}

const nameOf = ({ flags, pattern, place }: Expression): string => `${place}: /${pattern}/${flags}`

const isBuilt = (file: string): boolean => readFileSync(`${root}${file}`, "utf8").includes("new RegExp(")

const files = globSync("packages/*/src/**/*.ts", { cwd: root }).toSorted()

/** The literals of a file. */
const literalsOf = (file: string): ReadonlyArray<Expression> => {
  const found: Array<Expression> = []
  const visitor = new Visitor({
    Literal: (node) => {
      if ("regex" in node) found.push({ place: file, pattern: node.regex.pattern, flags: node.regex.flags })
    }
  })
  visitor.visit(parseSync(file, readFileSync(`${root}${file}`, "utf8")).program)
  return found
}

/** The expressions that modules build from parts while they are loaded. */
const builtOnes = async (): Promise<ReadonlyArray<Expression>> => {
  const found: Array<Expression> = []
  const original = globalThis.RegExp
  let place = ""
  globalThis.RegExp = new Proxy(original, {
    construct: (target, [pattern, flags]: [string, string?]) => {
      const made = new target(pattern, flags)
      found.push({ place, pattern: made.source, flags: made.flags })
      return made
    }
  })
  try {
    for (const file of files.filter(isBuilt)) {
      place = file
      await import(pathToFileURL(`${root}${file}`).href)
    }
  } finally {
    globalThis.RegExp = original
  }
  return found
}

const distinct = (expressions: ReadonlyArray<Expression>): ReadonlyArray<Expression> => [
  ...new Map(expressions.map((each) => [`/${each.pattern}/${each.flags}`, each])).values()
]

const expressions = distinct([...files.flatMap(literalsOf), ...(await builtOnes())])

const repeats = 20_000

/** What an input is made of: the characters of the pattern, one of each class, and pairs of them. */
const unitsOf = (pattern: string): ReadonlyArray<string> => {
  const written = [...new Set(pattern.replace(/\\[a-zA-Z]/g, ""))].slice(0, 10)
  const characters = [...new Set([...written, "a", "0", " ", "\t", "-"])]
  const words = pattern.match(/[\w-]{3,}/g)?.slice(0, 5) ?? []
  return [...characters.flatMap((first) => [first, ...characters.map((second) => first + second)]), ...words]
}

describe("each regular expression takes linear time", () => {
  it("in an analysis of its pattern", { timeout: 120_000 }, () => {
    expect(expressions.length).toBeGreaterThan(200)
    // Where the analysis has to try inputs, it tries the same ones each time.
    const unsafe = expressions.flatMap((expression) => {
      const found = checkSync(expression.pattern, expression.flags, { timeout: 20_000, randomSeed: 1 })
      if (found.status === "safe") return []
      const why = found.status === "vulnerable" ? `${found.complexity.summary} ${found.attack.pattern}` : found.status
      return [`${nameOf(expression)} ${why}`]
    })
    expect(unsafe).toEqual([])
  })

  it("the analysis finds one that does not", () => {
    expect(checkSync(String.raw`^\s*(identity)?\s*$`, "i").status).toBe("vulnerable")
  })

  it(`over ${repeats} repetitions of what it is written with`, { timeout: 120_000 }, () => {
    for (const { flags, pattern } of expressions) {
      for (const unit of unitsOf(pattern)) {
        const expression = new RegExp(pattern, flags)
        expect(`${unit.repeat(repeats)}\0`.replace(expression, "").length).toBeGreaterThanOrEqual(0)
      }
    }
  })
})
