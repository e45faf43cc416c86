import { execFile } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("..", import.meta.url))
const folder = `${root}node_modules/.cache/instantiations`

const endpointCount = 100
const most = 1_000_000

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

const indices = Array.from({ length: endpointCount }, (_, index) => index)

const byHand = [
  head,
  ...indices.map(
    (index) => `${model(index)}
const get${index} = Endpoint.get("get${index}", "/things${index}/:id", {
  params: { id: Schema.String }, query: { expand: Schema.optional(Schema.String) }, success: Thing${index}, errors: { 404: NotFound },
  policy: { retry: Schedule.exponential("200 millis") }
})`
  ),
  `class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example", endpoints: [${indices.map((index) => `get${index}`).join(", ")}], policy
}) {}
export const live = Provider.layer.pipe(Layer.provide(Auth.none(Provider)))
export const program = Effect.gen(function* () {
  const provider = yield* Provider`,
  ...indices.map((index) => `  yield* ${use(`provider.get${index}({ params: { id: "a" }, query: {} })`)}`),
  "})"
].join("\n")

const fromApi = [
  head,
  ...indices.map(model),
  'const group = HttpApiGroup.make("things")',
  ...indices.map(
    (index) => `  .add(HttpApiEndpoint.get("get${index}", "/things${index}/:id", {
    params: { id: Schema.String }, query: { expand: Schema.optional(Schema.String) }, success: Thing${index},
    error: NotFound.pipe(HttpApiSchema.status(404))
  }))`
  ),
  `const api = HttpApi.make("api").add(group)
class Provider extends Integration.Service<Provider>()("test/Provider", Integration.fromHttpApi(api, {
  baseUrl: "https://provider.example", policy, policies: { things: { get0: { retry: Schedule.recurs(2) } } }
})) {}
export const program = Effect.gen(function* () {
  const provider = yield* Provider`,
  ...indices.map((index) => `  yield* ${use(`provider.things.get${index}({ params: { id: "a" }, query: {} })`)}`),
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

describe("the types of a large integration", () => {
  for (const [name, source] of [
    ["endpoints written by hand", byHand],
    ["endpoints of an HttpApi", fromApi]
  ] as const) {
    it(`${endpointCount} ${name}, each used once, type-check in under ${most.toLocaleString("en")} instantiations`, async () => {
      const count = await instantiationsOf(name.replaceAll(" ", "-"), source)
      console.log(`${name}: ${count.toLocaleString("en")} instantiations`)
      assert.isAbove(count, 0)
      assert.isBelow(count, most)
    })
  }
})
