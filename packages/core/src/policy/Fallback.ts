/**
 * Fallback: when a call fails in a way that another provider might not, that one is asked.
 *
 * **When to use**
 *
 * Around a method, with a second method, of another endpoint or integration, that gives the same or something as good.
 *
 * **Details**
 *
 * It looks at the category of the error: `transient` and `throttled` unless you say otherwise. Everything else, the
 * declared errors among them, stays as it is. The error channel is that of both calls together.
 *
 * **Gotchas**
 *
 * It is outside of everything: the first call has made all its attempts by then. Give it a deadline.
 *
 * **Example** (Provider A, then B)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { Fallback } from "@causeway/core/policy"
 * import { Mock } from "@causeway/core/testing"
 *
 * const now = Endpoint.get("now", "/now", { success: Schema.String })
 * class A extends Integration.Service<A>()("app/A", { baseUrl: "https://a.example", endpoints: [now] }) {}
 * class B extends Integration.Service<B>()("app/B", { baseUrl: "https://b.example", endpoints: [now] }) {}
 *
 * const weather = Effect.flatMap(A, (a) => a.now()).pipe(
 *   Fallback.withFallback({ to: () => Effect.flatMap(B, (b) => b.now()) })
 * )
 *
 * const test = [A.layerMock({ now: Mock.status(503) }), B.layerMock({ now: Mock.ok("sunny") })] as const
 * Effect.runPromise(weather.pipe(Effect.provide(test[0]), Effect.provide(test[1]))).then((now) =>
 *   console.assert(now === "sunny")
 * )
 * ```
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Category } from "./Failure.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * Options of {@link withFallback}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E, A2, E2, R2> {
  /** What is asked instead. */
  readonly to: (error: E) => Effect.Effect<A2, E2, R2>
  /** The categories of errors that the other call is made for. Default: `transient` and `throttled`. */
  readonly on?: ReadonlyArray<Category>
  /** Which declared errors it is made for. Default: none. */
  readonly when?: (error: E) => boolean
}

const defaultCategories: ReadonlyArray<Category> = ["transient", "throttled"]

const checkOptions = OptionCheck.record<Options<never, never, never, never>>({
  to: OptionCheck.required(OptionCheck.callback),
  on: OptionCheck.list(OptionCheck.oneOf("transient", "throttled", "unauthorized", "rejected", "invalid")),
  when: OptionCheck.callback
})

/**
 * Makes another call when this one fails in one of the chosen ways.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withFallback = <E, A2, E2, R2>(options: Options<E, A2, E2, R2>) => {
  checkOptions("fallback", options)
  const categories = options.on ?? defaultCategories
  return <A, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A | A2, E | E2, R | R2> => {
    return Effect.catch(call, (error): Effect.Effect<A2, E | E2, R2> => {
      const category = categoryOf(error)
      const chosen = category !== undefined && categories.includes(category)
      return chosen || options.when?.(error) === true ? options.to(error) : Effect.fail(error)
    })
  }
}

const categories: ReadonlySet<unknown> = new Set(["transient", "throttled", "unauthorized", "rejected", "invalid"])

const categoryOf = (error: unknown): Category | undefined => {
  if (typeof error !== "object" || error === null || !("category" in error)) return undefined
  // The set holds nothing but categories.
  return categories.has(error.category) ? (error.category as Category) : undefined
}
