import { execFile } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const folder = `${root}node_modules/.cache/instantiations`

const head = `
import { Effect, Layer, Schedule, Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker } from "@causeway/core/policy"
void Layer; void HttpApi; void HttpApiEndpoint; void HttpApiGroup; void HttpApiSchema; void Schedule; void Endpoint; void Auth
const policy = { timeout: "2 seconds", rateLimit: { limit: 25, window: "1 second" }, circuitBreaker: Breaker.failureRate() } as const
class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { message: Schema.String }) {}
`

const model = (index: number): string => `
class Thing${index} extends Schema.Class<Thing${index}>("Thing${index}")({
  id: Schema.String, name: Schema.String, amount: Schema.Int, at: Schema.optional(Schema.String), tags: Schema.Array(Schema.String)
}) {}`

const use = (call: string): string => `${call}.pipe(
  Effect.map((thing) => thing.amount + thing.tags.length),
  Effect.catchTag("NotFound", (error) => Effect.succeed(error.message.length))
)`

const indicesOf = (count: number) => Array.from({ length: count }, (_, index) => index)

const byHand = (count: number): string =>
  [
    head,
    ...indicesOf(count).map(
      (index) => `${model(index)}
const get${index} = Endpoint.get("get${index}", "/things${index}/:id", {
  params: { id: Schema.String }, query: { expand: Schema.optional(Schema.String) }, success: Thing${index}, errors: { 404: NotFound },
  policy: { retry: Schedule.exponential("200 millis") }
})`
    ),
    `class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example", endpoints: [${indicesOf(count)
    .map((index) => `get${index}`)
    .join(", ")}], policy
}) {}
export const live = Provider.layer.pipe(Layer.provide(Auth.none(Provider)))
export const program = Effect.gen(function* () {
  const provider = yield* Provider`,
    ...indicesOf(count).map((index) => `  yield* ${use(`provider.get${index}({ params: { id: "a" }, query: {} })`)}`),
    "})"
  ].join("\n")

/** Thirty endpoints a group, as large APIs have them: a group that grows one by one costs Effect the square of its size. */
const perGroup = 30
const groupOf = (index: number): number => Math.floor(index / perGroup)

const groups = (count: number): ReadonlyArray<string> =>
  indicesOf(Math.ceil(count / perGroup)).map((group) => {
    const endpoints = indicesOf(count)
      .filter((index) => groupOf(index) === group)
      .map(
        (index) => `HttpApiEndpoint.get("get${index}", "/things${index}/:id", {
    params: { id: Schema.String }, query: { expand: Schema.optional(Schema.String) }, success: Thing${index},
    error: NotFound.pipe(HttpApiSchema.status(404))
  })`
      )
    return `class Group${group} extends HttpApiGroup.make("things${group}").add(${endpoints.join(", ")}) {}`
  })

const fromApi = (count: number): string =>
  [
    head,
    ...indicesOf(count).map(model),
    ...groups(count),
    `const api = HttpApi.make("api").add(${indicesOf(Math.ceil(count / perGroup))
      .map((group) => `Group${group}`)
      .join(", ")})
class Provider extends Integration.Service<Provider>()("test/Provider", Integration.fromHttpApi(api, {
  baseUrl: "https://provider.example", policy, policies: { things0: { get0: { retry: Schedule.recurs(2) } } }
})) {}
export const program = Effect.gen(function* () {
  const provider = yield* Provider`,
    ...indicesOf(count).map(
      (index) => `  yield* ${use(`provider.things${groupOf(index)}.get${index}({ params: { id: "a" }, query: {} })`)}`
    ),
    "})"
  ].join("\n")

const config = (file: string): string =>
  JSON.stringify({ extends: "../../../tsconfig.check.json", include: [`./${file}`], exclude: [] })

const instantiationsOf = async (name: string, source: string): Promise<number> => {
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}/${name}.ts`, source)
  await writeFile(`${folder}/tsconfig.${name}.json`, config(`${name}.ts`))
  const tsc = `${root}node_modules/typescript/bin/tsc`
  const { stdout } = await promisify(execFile)(process.execPath, [
    tsc,
    "-p",
    `${folder}/tsconfig.${name}.json`,
    "--extendedDiagnostics"
  ])
  await rm(`${folder}/${name}.ts`)
  return Number(/Instantiations:\s+(\d+)/.exec(stdout)?.[1])
}

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
  }
})
