import { assert, describe, it } from "@effect/vitest"
import { compile, hovers, withProject } from "./types/project.ts"

const head = `import { Effect, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Auth } from "@causeway/core/auth"
import { CallError, Endpoint, FailureRule, Integration, Pagination } from "@causeway/core/client"
import { Breaker, Policy, PolicyClient } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class Charge extends Schema.Class<Charge>("Charge")({ id: Schema.String, amount: Schema.Int }) {}
class ChargeNotFound extends Schema.TaggedError<ChargeNotFound>()("ChargeNotFound", { message: Schema.String }) {}
class NotOk extends Schema.TaggedError<NotOk>()("NotOk", { error: Schema.String }) {}
const Page = Schema.Struct({ data: Schema.Array(Charge), next: Schema.NullOr(Schema.String) })
const notOk = FailureRule.make({
  when: Schema.Struct({ ok: Schema.Literal(false), error: Schema.String }),
  error: NotOk,
  category: (body) => (body.error === "ratelimited" ? "throttled" : "rejected")
})
const getCharge = Endpoint.get("getCharge", "/charges/:id", {
  params: { id: Schema.String },
  success: Charge,
  errors: { 404: ChargeNotFound }
})
const list = Endpoint.get("list", "/charges", {
  query: { cursor: Schema.optional(Schema.String) },
  success: Page,
  pagination: Pagination.cursor(Page, { query: "cursor", next: (page) => page.next, items: (page) => page.data })
})
const told = Endpoint.get("told", "/told", { success: Charge, failures: [notOk] })
const events = Endpoint.get("events", "/events", { success: HttpApiSchema.StreamNdjson({ schema: Charge }) })
class Payments extends Integration.Service<Payments>()("app/Payments", {
  baseUrl: "https://api.pay.example",
  endpoints: [getCharge, list, told, events]
}) {}
class Quiet extends Integration.Service<Quiet>()("app/Quiet", {
  baseUrl: "https://api.quiet.example",
  endpoints: [getCharge, events],
  policy: Policy.none,
  failures: [notOk]
}) {}
const api = HttpApi.make("api").add(
  HttpApiGroup.make("things").add(HttpApiEndpoint.get("plain", "/plain", { success: Schema.String }))
)
class Generated extends Integration.Service<Generated>()(
  "app/Generated",
  Integration.fromHttpApi(api, { baseUrl: "https://api.example", policy: { circuitBreaker: null } })
) {}
void [Layer, Redacted, Schedule, Stream, Auth, CallError, Breaker, PolicyClient, Mock, Generated]
`

const hovered = `${head}
export const program = Effect.gen(function* () {
  const payments = yield* Payments
  const quiet = yield* Quiet
  const generated = yield* Generated
  const charge = payments.getCharge({ params: { id: "ch_1" } })
  const items = payments.list.items({ query: {} })
  const ruled = payments.told()
  const plain = quiet.getCharge({ params: { id: "ch_1" } })
  const ofApi = generated.things.plain()
  const streamed = Effect.succeed(yield* payments.events())
  const unlimited = Effect.succeed(yield* quiet.events())
  const caught = charge.pipe(Effect.catchTag("RateLimited", (limited) => Effect.succeed(limited.integration)))
  const bare = payments.getCharge
  return [bare, charge, items, ruled, plain, ofApi, streamed, unlimited, caught]
})
export const needy = Payments.layer
export const provided = Payments.layer.pipe(Layer.provide(Auth.none(Payments)))
`

const general = ["DecodeFailure", "TransportFailure", "Unauthorized", "UnexpectedStatus"]
const standard = ["BulkheadFull", "CircuitOpen", "RateLimited", "Timeout"]

/** The members of a union of errors of one integration, sorted as an editor shows them. */
const union = (id: string, generalErrors: ReadonlyArray<string>, declared: ReadonlyArray<string> = []): string =>
  [...generalErrors, ...declared]
    .toSorted()
    .map((tag) => (declared.includes(tag) ? tag : `CallError.${tag}<"${id}">`))
    .join(" | ")

const payments = (...declared: ReadonlyArray<string>) => union("app/Payments", [...general, ...standard], declared)

const expected: ReadonlyArray<readonly [string, string]> = [
  ["charge =", `const charge: Effect.Effect<Charge, ${payments("ChargeNotFound")}, never>`],
  [
    "items =",
    `const items: Stream.Stream<Charge, ${union("app/Payments", [...general, ...standard, "EncodeFailure"])}, never>`
  ],
  ["ruled =", `const ruled: Effect.Effect<Charge, ${payments("NotOk")}, never>`],
  ["plain =", `const plain: Effect.Effect<Charge, ${union("app/Quiet", general, ["ChargeNotFound", "NotOk"])}, never>`],
  [
    "ofApi =",
    `const ofApi: Effect.Effect<string, ${union("app/Generated", [...general, "BulkheadFull", "RateLimited", "Timeout"])}, never>`
  ],
  [
    "streamed =",
    `const streamed: Effect.Effect<Stream.Stream<Charge, ${union("app/Payments", ["DecodeFailure", "Timeout", "TransportFailure"])}, never>, never, never>`
  ],
  [
    "unlimited =",
    `const unlimited: Effect.Effect<Stream.Stream<Charge, ${union("app/Quiet", ["DecodeFailure", "TransportFailure"])}, never>, never, never>`
  ],
  ["limited) =>", '(parameter) limited: CallError.RateLimited<"app/Payments">'],
  ["needy =", "const needy: Layer.Layer<Payments, never, Credentials<Payments> | HttpClient>"],
  ["provided =", "const provided: Layer.Layer<Payments, never, HttpClient>"]
]

const failing: ReadonlyArray<readonly [name: string, code: string, firstLine: RegExp]> = [
  [
    "a slot misspelled in an integration",
    'class A extends Integration.Service<A>()("app/A", { baseUrl: "https://a.example", endpoints: [told], policy: { timeout: "1 second", circuitBraker: Breaker.consecutive() } }) {}',
    /'circuitBraker' does not exist in type .*Did you mean to write 'circuitBreaker'\?$/
  ],
  [
    "a slot misspelled in an endpoint",
    'Endpoint.get("a", "/a", { policy: { timeout: "1 second", rety: Schedule.recurs(1) } })',
    /'rety' does not exist in type .*Did you mean to write 'retry'\?$/
  ],
  [
    "a slot misspelled in a client's policy",
    'PolicyClient.withPolicy({ timeout: "1 second", timeot: "1 second" })',
    /'timeot' does not exist in type .*Did you mean to write 'timeout'\?$/
  ],
  [
    "a slot misspelled in an override",
    "Payments.layerPolicy({ timeot: null })",
    /'timeot' does not exist in type .*Did you mean to write 'timeout'\?$/
  ],
  [
    "a missing parameter",
    "Effect.flatMap(Payments, (payments) => payments.getCharge({}))",
    /Argument of type '\{\}' is not assignable/
  ],
  [
    "a parameter of another type",
    "Effect.flatMap(Payments, (payments) => payments.getCharge({ params: { id: 1 } }))",
    /Type 'number' is not assignable to type 'string'\.$/
  ],
  [
    "a missing credential",
    "const live: Layer.Layer<Payments, never, never> = Payments.layer",
    /Type 'Layer<Payments, never, Credentials<Payments> \| HttpClient>' is not assignable to type 'Layer<Payments, never, never>'/
  ],
  [
    "an unhandled error",
    'const run = (call: Effect.Effect<unknown>): unknown => call\nrun(Effect.flatMap(Effect.provide(Quiet, Quiet.layerMock({})), (quiet) => quiet.getCharge({ params: { id: "a" } })))',
    /Argument of type 'Effect<Charge, /
  ],
  [
    "a reply that its endpoint does not declare",
    'Payments.layerMock({ told: Mock.fail(new ChargeNotFound({ message: "" })) })',
    /'Reply<never, ChargeNotFound>' is not assignable to type 'Reply<Charge, NotOk>'/
  ],
  ["a name that is no endpoint", "Payments.layerMock({ tell: Mock.status(503) })", /'tell' does not exist in type/]
]

describe("what a user sees", () => {
  it("an editor shows what a method gives and the members of its errors, each with its integration", async () => {
    const markers = [...expected.map(([marker]) => marker), "bare =", "payments = yield*"]
    const shown = await withProject("hovers", hovered, (project) => hovers(project, markers))
    assert.deepStrictEqual(
      shown.slice(0, expected.length),
      expected.map(([, text]) => text)
    )
    const method = `Integration.Method<Charge, ${payments("ChargeNotFound")}, `
    const [bare = "", service = ""] = shown.slice(expected.length)
    assert.isTrue(bare.startsWith(`const bare: ${method}`), bare)
    assert.include(service, "    readonly events: Integration.Method<Stream.Stream<Charge, ")
  }, 120_000)

  it("the first line of a compile error names what is wrong", async () => {
    const source = `${head}${failing.map(([, code]) => `{ ${code} }`).join("\n")}`
    const printed = await withProject("errors", source, (project) => compile(project))
    const lines = printed.split("\n").filter((line) => /^\S.*error TS/.test(line))
    const unexplained = failing.filter(([, , first]) => !lines.some((line) => first.test(line)))
    assert.deepStrictEqual(
      unexplained.map(([name]) => name),
      [],
      printed
    )
  }, 120_000)
})
