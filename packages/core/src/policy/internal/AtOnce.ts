import { type Context, Effect, Exit } from "effect"

const success: unknown = Object.getPrototypeOf(Effect.void)
const failure: unknown = Object.getPrototypeOf(Effect.fail("any"))

/** The exit of an effect that has ended already. Asking by its prototype costs a tenth of `Exit.isExit`. */
export const exitOf = <A, E, R>(effect: Effect.Effect<A, E, R>): Exit.Exit<A, E> | undefined => {
  const prototype: unknown = Object.getPrototypeOf(effect)
  // An Effect<A, E> that is an Exit is an Exit<A, E>: nothing else has the prototype of one.
  return prototype === success || prototype === failure ? (effect as unknown as Exit.Exit<A, E>) : undefined
}

/** As `Effect.flatMap`, at once where the effect has ended already: what needs no fibre costs none. */
export const flatMap = <A, E, R, B, E2, R2>(
  self: Effect.Effect<A, E, R>,
  next: (value: A) => Effect.Effect<B, E2, R2>
): Effect.Effect<B, E | E2, R | R2> => {
  const exit = exitOf(self)
  if (exit === undefined) return Effect.flatMap(self, next)
  return Exit.isSuccess(exit) ? next(exit.value) : Effect.failCause(exit.cause)
}

/** As `Effect.map`, at once where the effect has ended already. */
export const map = <A, E, R, B>(self: Effect.Effect<A, E, R>, change: (value: A) => B): Effect.Effect<B, E, R> => {
  const exit = exitOf(self)
  if (exit === undefined) return Effect.map(self, change)
  return Exit.isSuccess(exit) ? Effect.succeed(change(exit.value)) : Effect.failCause(exit.cause)
}

/** As `Effect.mapError`, which an effect that has succeeded already has no need of. */
export const mapError = <A, E, R, E2>(
  self: Effect.Effect<A, E, R>,
  change: (error: E) => E2
): Effect.Effect<A, E2, R> => {
  const exit = exitOf(self)
  // A success has no error that could be changed.
  return exit !== undefined && Exit.isSuccess(exit) ? (exit as Exit.Success<A>) : Effect.mapError(self, change)
}

/** As `Effect.provideContext`, which an effect that has ended already has no need of. */
export const provideContext = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  context: Context.Context<R>
): Effect.Effect<A, E> => exitOf(self) ?? Effect.provideContext(self, context)
