/** The source of large integrations, to measure their types. */
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

/** An integration of `count` endpoints written by hand, each used once. */
export const byHand = (count: number): string =>
  [
    head,
    ...indicesOf(count).map(
      (index) => `${model(index)}
const get${index} = Endpoint.get("get${index}", "/things${index}/:id", {
  params: { id: Schema.String }, query: { expand: Schema.optional(Schema.String) }, success: Thing${index}, errors: { 404: NotFound },
  policy: { retry: Schedule.exponential("200 millis") }
})`
    ),
    `export class Provider extends Integration.Service<Provider>()("test/Provider", {
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

/** An integration of `count` endpoints of an HttpApi, each used once. */
export const fromApi = (count: number): string =>
  [
    head,
    ...indicesOf(count).map(model),
    ...groups(count),
    `const api = HttpApi.make("api").add(${indicesOf(Math.ceil(count / perGroup))
      .map((group) => `Group${group}`)
      .join(", ")})
export class Provider extends Integration.Service<Provider>()("test/Provider", Integration.fromHttpApi(api, {
  baseUrl: "https://provider.example", policy, policies: { things0: { get0: { retry: Schedule.recurs(2) } } }
})) {}
export const program = Effect.gen(function* () {
  const provider = yield* Provider`,
    ...indicesOf(count).map(
      (index) => `  yield* ${use(`provider.things${groupOf(index)}.get${index}({ params: { id: "a" }, query: {} })`)}`
    ),
    "})"
  ].join("\n")
