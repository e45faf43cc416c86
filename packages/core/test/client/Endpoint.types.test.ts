import { expectTypeOf, it } from "@effect/vitest"
import { Effect, Schedule, Schema, type Stream } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema } from "effect/http-api"
import { Policy } from "@causeway/core/policy"
import { type CallError, Endpoint, Integration, Pagination } from "@causeway/core/client"

type Tags<X> =
  X extends Effect.Effect<infer _A, infer E, infer _R> ? (E extends { readonly _tag: infer T } ? T : E) : never
type Always = "Unauthorized" | "TransportFailure" | "UnexpectedStatus" | "DecodeFailure"

const Page = Schema.Struct({ data: Schema.Array(Schema.Int), next: Schema.NullOr(Schema.String) })

class Inline extends Integration.Service<Inline>()("app/Inline", {
  baseUrl: "https://api.inline.example",
  endpoints: [
    Endpoint.get("bare", "/bare"),
    Endpoint.get("plain", "/plain", { success: Schema.String }),
    Endpoint.delete("empty", "/empty", {}),
    Endpoint.post("retried", "/retried", { payload: { a: Schema.Int }, policy: { retry: Schedule.recurs(1) } }),
    Endpoint.get("list", "/list", {
      success: Page,
      pagination: Pagination.nextUrl(Page, {
        next: (page) => page.next,
        items: (page) => page.data
      })
    })
  ],
  policy: Policy.none
}) {}

it("an endpoint written in the list is as exact as one that has a name", () =>
  Effect.gen(function* () {
    const inline = yield* Inline
    const [bare, plain, empty] = [inline.bare(), inline.plain(), inline.empty()]
    expectTypeOf<Tags<typeof bare>>().toEqualTypeOf<Always>()
    expectTypeOf<Tags<typeof plain>>().toEqualTypeOf<Always>()
    expectTypeOf<Effect.Success<typeof plain>>().toEqualTypeOf<string>()
    expectTypeOf<Tags<typeof empty>>().toEqualTypeOf<Always>()
    const retried = inline.retried({ payload: { a: 1 } })
    expectTypeOf<Tags<typeof retried>>().toEqualTypeOf<Always | "EncodeFailure" | "RateLimited">()
    // @ts-expect-error: it is not paginated
    return inline.plain.items
  }))

it("a pagination knows its page from the schema that it is given", () =>
  Effect.gen(function* () {
    const inline = yield* Inline
    expectTypeOf(inline.list.items({})).toEqualTypeOf<
      Stream.Stream<
        number,
        | CallError.Unauthorized<"app/Inline">
        | CallError.TransportFailure<"app/Inline">
        | CallError.UnexpectedStatus<"app/Inline">
        | CallError.DecodeFailure<"app/Inline">
      >
    >()
    Endpoint.get("list", "/list", {
      success: Schema.Array(Page),
      // @ts-expect-error: the endpoint answers with a list of pages, not with a page
      pagination: Pagination.linkHeader(Page, { items: (page) => page.data })
    })
  }))

it("a style without a schema fits each endpoint whose page is of the type that its functions take", () => {
  const byLink = <Item>() => Pagination.linkHeader({ items: (items: ReadonlyArray<Item>) => items })
  const list = Endpoint.get("list", "/list", { success: Schema.Array(Page), pagination: byLink<typeof Page.Type>() })
  expectTypeOf<(typeof list)["~Item"]>().toEqualTypeOf<typeof Page.Type>()
})

it("an endpoint that was not made here is no part of the list", () => {
  Integration.Service<Inline>()("app/Other", {
    baseUrl: "https://api.inline.example",
    // @ts-expect-error: an HttpApiEndpoint remembers no policy; fromHttpApi takes it
    endpoints: [HttpApiEndpoint.get("plain", "/plain", { success: Schema.String })]
  })
})

class Expired extends Schema.TaggedError<Expired>()("Expired", {}) {}
class Session extends HttpApiMiddleware.Service<Session>()("app/Session", {
  error: Expired.pipe(HttpApiSchema.status(401))
}) {}

class Guarded extends Integration.Service<Guarded>()(
  "app/Guarded",
  Integration.fromHttpApi(
    HttpApi.make("guarded").add(
      HttpApiGroup.make("notes")
        .add(HttpApiEndpoint.get("list", "/notes", { success: Schema.String }))
        .middleware(Session)
    ),
    { baseUrl: "https://api.guarded.example", policy: Policy.none }
  )
) {}

it("the errors of an HttpApi's middlewares are among a method's errors", () => {
  const call = Effect.flatMap(Guarded, (guarded) => guarded.notes.list())
  expectTypeOf<Tags<typeof call>>().toEqualTypeOf<Always | "Expired">()
})

it("a key function in a policy knows what it is given", () => {
  const key = { limit: 1, window: "1 second" } as const
  Endpoint.get("x", "/x", { policy: { rateLimit: { ...key, key: ({ endpoint }) => endpoint.toUpperCase() } } })
  Integration.Service<Inline>()("app/Keyed", {
    baseUrl: "https://api.inline.example",
    endpoints: [],
    policy: { rateLimit: { ...key, key: ({ request }) => JSON.stringify(request) } }
  })
})
