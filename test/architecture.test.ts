import { describe, expect, it } from "vitest"
import * as architecture from "./architecture/check.ts"
import { captions } from "./architecture/captions.ts"
import { allUses, renamedUses, stability } from "./architecture/effect.ts"
import { dependenciesOf, readSources, type Sources } from "./architecture/sources.ts"
import { unstable } from "./architecture/unstable.ts"

const sources = readSources()

const files = (entries: Readonly<Record<string, string>>): Sources => new Map(Object.entries(entries))

const policyIndex = { "core/src/policy/index.ts": `export * as Retry from "./Retry.ts"` }

describe("the sources", () => {
  it("are found", () => expect(sources.size).toBeGreaterThan(10))

  it("import only the rooms below their own", () => expect(architecture.upwardImports(sources)).toEqual([]))

  it("have no circle of imports", () => expect(architecture.circles(sources)).toEqual([]))

  it("are each covered by a caption, and each caption by a source", () =>
    expect(architecture.uncovered(sources, captions)).toEqual([]))

  it("are named after what they are, with an index in every room", () =>
    expect(architecture.misnamed(sources)).toEqual([]))

  it("of a provider are of the four kinds", () => expect(architecture.strayProviderFiles(sources)).toEqual([]))

  it("import only what their package declares, and of Node what their package may", () =>
    expect(architecture.undeclaredImports(sources, dependenciesOf)).toEqual([]))

  it("import the unstable modules of Effect only where they are listed", () =>
    expect(architecture.unstableImports(sources, unstable, stability)).toEqual([]))

  it("use only values that the installed Effect has", async () =>
    expect(await renamedUses(allUses(sources))).toEqual([]))
})

describe("an upward import is found", () => {
  it("from policy to client, also when only a type is imported", () => {
    const planted = files({
      "core/src/policy/Retry.ts": `import type { Endpoint } from "../client/Endpoint.ts"`,
      "core/src/client/Endpoint.ts": ""
    })
    expect(architecture.upwardImports(planted)).toEqual([
      "core/src/policy/Retry.ts:1 imports ../client/Endpoint.ts: core/policy may not know core/client"
    ])
  })

  it("from core to a provider, by the package's name", () => {
    const planted = files({ "core/src/webhook/Inbox.ts": `\nexport * from "@causeway/providers"` })
    expect(architecture.upwardImports(planted)).toEqual([
      "core/src/webhook/Inbox.ts:2 imports @causeway/providers: core/webhook may not know providers"
    ])
  })

  it("by the name of a single module", () => {
    const planted = files({ "node/src/A.ts": `import * as Stripe from "@causeway/providers/stripe/Stripe"` })
    expect(architecture.upwardImports(planted)).toEqual([
      "node/src/A.ts:1 imports @causeway/providers/stripe/Stripe: node may not know providers/stripe"
    ])
  })

  it("in an import() and in a type's import()", () => {
    const planted = files({
      "core/src/auth/Auth.ts": `const a = await import("../client/A.ts")\ntype B = import("../testing/B.ts").B`
    })
    expect(architecture.upwardImports(planted)).toHaveLength(2)
  })

  it("between two providers", () => {
    const planted = files({ "providers/src/github/GitHub.ts": `import "../stripe/Stripe.ts"` })
    expect(architecture.upwardImports(planted)).toHaveLength(1)
  })

  it("in a room nobody has drawn arrows for", () => {
    const planted = files({ "core/src/extras/Extra.ts": `import "../policy/Retry.ts"` })
    expect(architecture.upwardImports(planted)).toEqual([
      "core/src/extras/Extra.ts: the room core/extras has no arrows in rules.ts"
    ])
  })

  it("into another room's internals", () => {
    const planted = files({ "core/src/client/A.ts": `import "../policy/internal/clock.ts"` })
    expect(architecture.upwardImports(planted)).toEqual([
      "core/src/client/A.ts:1 imports ../policy/internal/clock.ts: what is internal to core/policy stays there"
    ])
  })

  it("into another package's folder", () => {
    const planted = files({ "node/src/A.ts": `import "../../core/src/policy/Retry.ts"` })
    expect(architecture.upwardImports(planted)).toEqual([
      "node/src/A.ts:1 imports ../../core/src/policy/Retry.ts: another package is imported by its name"
    ])
  })

  it("and an import in a comment or a string is none", () => {
    const planted = files({
      "core/src/policy/Retry.ts": `/** import { A } from "../client/A.ts" */\nexport const text = 'import "../client/A.ts"'`
    })
    expect(architecture.upwardImports(planted)).toEqual([])
  })
})

describe("a circle is found", () => {
  it("over three files, once", () => {
    const planted = files({
      "core/src/policy/A.ts": `import "./B.ts"`,
      "core/src/policy/B.ts": `export { c } from "./C.ts"`,
      "core/src/policy/C.ts": `import { a } from "./A.ts"`
    })
    expect(architecture.circles(planted)).toEqual([
      "core/src/policy/A.ts -> core/src/policy/B.ts -> core/src/policy/C.ts -> core/src/policy/A.ts"
    ])
  })

  it("through the index of the room", () => {
    const planted = files({ ...policyIndex, "core/src/policy/Retry.ts": `import * as policy from "./index.ts"` })
    expect(architecture.circles(planted)).toHaveLength(1)
  })

  it("and one that only types close is none", () => {
    const planted = files({
      "core/src/policy/A.ts": `import "./B.ts"`,
      "core/src/policy/B.ts": `import type { A } from "./A.ts"`
    })
    expect(architecture.circles(planted)).toEqual([])
  })

  it("and two ways to the same file are none", () => {
    const planted = files({
      "core/src/policy/A.ts": `import "./B.ts"\nimport "./C.ts"`,
      "core/src/policy/B.ts": `import "./C.ts"`,
      "core/src/policy/C.ts": ""
    })
    expect(architecture.circles(planted)).toEqual([])
  })
})

describe("a caption", () => {
  const policy = {
    folder: "core/src/policy/",
    about: "How a call is made.",
    files: { "Retry.ts": "When to try again." }
  }

  it("is missed for a file that has none", () => {
    const planted = files({ "core/src/policy/Retry.ts": "", "core/src/policy/Stray.ts": "" })
    expect(architecture.uncovered(planted, { policy })).toEqual([
      "core/src/policy/Stray.ts has no caption in captions.ts"
    ])
  })

  it("is refused for a file that does not exist", () =>
    expect(architecture.uncovered(files({}), { policy })).toEqual([
      "captions.ts has a caption for core/src/policy/Retry.ts, which does not exist"
    ]))
})

describe("a name is refused", () => {
  it("that says nothing", () => {
    const planted = files({ ...policyIndex, "core/src/policy/utils.ts": "", "core/src/policy/shared/Clock.ts": "" })
    expect(architecture.misnamed(planted)).toEqual([
      `core/src/policy/utils.ts: "utils" says nothing about what is inside`,
      `core/src/policy/shared/Clock.ts: "shared" says nothing about what is inside`
    ])
  })

  it("of a module in lower case, except of an internal one", () => {
    const planted = files({
      ...policyIndex,
      "core/src/policy/retry.ts": "",
      "core/src/policy/internal/ticks.ts": "",
      "core/src/policy/Retry.ts": ""
    })
    expect(architecture.misnamed(planted)).toEqual(["core/src/policy/retry.ts is no PascalCase module and no index.ts"])
  })

  it("of a room without an index", () =>
    expect(architecture.misnamed(files({ "core/src/policy/Retry.ts": "" }))).toEqual([
      "core/src/policy/index.ts is missing"
    ]))

  it("of a fifth kind of file in a provider's folder", () => {
    const planted = files({
      "providers/src/standard-webhooks/StandardWebhooksWebhook.ts": "",
      "providers/src/github/GitHubApi.ts": "",
      "providers/src/github/Headers.ts": ""
    })
    expect(architecture.strayProviderFiles(planted)).toEqual([
      "providers/src/github/Headers.ts: a provider has only <P>.ts, <P>Api.ts, <P>Auth.ts and <P>Webhook.ts"
    ])
  })
})

describe("a dependency is refused", () => {
  const dependencies = () => ["effect", "jose"]

  it("that package.json does not declare", () =>
    expect(
      architecture.undeclaredImports(files({ "core/src/policy/A.ts": `import ms from "ms/long"` }), dependencies)
    ).toEqual(["core/src/policy/A.ts:1 imports ms/long: its package.json does not declare ms"]))

  it("of Node in core, except node:crypto", () => {
    const planted = files({ "core/src/webhook/A.ts": `import "node:crypto"\nimport { readFile } from "node:fs"` })
    expect(architecture.undeclaredImports(planted, dependencies)).toEqual([
      "core/src/webhook/A.ts:2 imports node:fs: of Node, core may import node:crypto"
    ])
  })

  it("outside of the room that holds it", () =>
    expect(architecture.undeclaredImports(files({ "core/src/client/A.ts": `import "jose"` }), dependencies)).toEqual([
      "core/src/client/A.ts:1 imports jose: only core/auth may"
    ]))
})

describe("an unstable module of Effect", () => {
  const planted = files({
    "core/src/client/A.ts": `import { Effect } from "effect"\nimport type { HttpClient } from "effect/http"`
  })

  it("is refused in a file that is not listed", () =>
    expect(architecture.unstableImports(planted, {}, stability)).toEqual([
      "core/src/client/A.ts:2 imports effect/http: unstable.ts does not list effect/http for it"
    ]))

  it("is allowed in a file that is", () =>
    expect(architecture.unstableImports(planted, { "core/src/client/A.ts": ["effect/http"] }, stability)).toEqual([]))

  it("is refused in the list when no longer imported", () =>
    expect(
      architecture.unstableImports(planted, { "core/src/client/A.ts": ["effect/http", "effect/sql"] }, stability)
    ).toEqual(["unstable.ts lists effect/sql for core/src/client/A.ts, which does not import it"]))

  it("is found in a type's import()", () => {
    const typed = files({ "core/src/client/A.ts": `type A = import("effect").Effect.Effect<import("effect/sql").B>` })
    expect(architecture.unstableImports(typed, {}, stability)).toHaveLength(1)
  })

  it("is known by its documentation, whichever way it is imported", () => {
    expect(stability("effect/Schedule")).toBe("stable")
    expect(stability("effect/http/HttpClient")).toBe("unstable")
    expect(stability("effect/http/*")).toBe("unstable")
    expect(stability("effect/persistence/CircuitBreaker")).toBe("experimental")
    expect(stability("effect/pipe")).toBe("stable")
  })
})

describe("a value that Effect no longer has", () => {
  const source = [
    `import { Effect, type Layer } from "effect"`,
    `import * as Http from "effect/http"`,
    `import { HttpClient as Client } from "effect/http"`,
    `export const a = (b: Layer.Gone): Effect.Gone => Effect.succeed(Http.HttpBody.empty, Client.vanished)`,
    `export const c = Effect.vanished<Effect.Gone>()`
  ].join("\n")

  it("is found by its module and name, and no type is taken for a value", async () =>
    expect(await renamedUses(allUses(files({ "core/src/client/A.ts": source })))).toEqual([
      "core/src/client/A.ts uses Effect.vanished of effect, which is not there",
      "core/src/client/A.ts uses HttpClient.vanished of effect/http, which is not there"
    ]))
})
