import { Cause, Effect, Exit, Latch, Option, type Scope } from "effect"

export interface Options<In, Out, E> {
  /** Does the work of all in one transaction, and answers each, in their order. */
  readonly run: (items: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out>, E>
  /** Whether an error would meet each of them alone too. */
  readonly meetsAll: (error: E) => boolean
  /** The most that share a transaction. */
  readonly size: number
  /** The bytes that an item keeps in memory. */
  readonly bytesOf: (item: In) => number
}

/** The bytes that share a transaction at most, unless one item has more: they stay in memory until it has ended. */
const maxBytes = 8 * 1024 * 1024

interface Waiting<In, Out, E> {
  readonly item: In
  readonly answer: (exit: Effect.Effect<Out, E>) => void
}

/**
 * Lets callers share transactions: what is asked for while one commits goes into the next. Each caller is answered after
 * the commit. When a transaction fails, or dies, for the sake of one of them, each is tried alone. A caller that is
 * interrupted before its transaction begins takes its item with it.
 */
export const make = <In, Out, E>(
  options: Options<In, Out, E>
): Effect.Effect<(item: In) => Effect.Effect<Out, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = new Set<Waiting<In, Out, E>>()
    const latch = yield* Latch.make()
    const commit = Effect.suspend(() => {
      const batch = take(options, waiting)
      if (waiting.size === 0) latch.closeUnsafe()
      return commitTogether(options, batch)
    })
    // What its callers ask for in the same turn of the event loop goes together.
    const turn = Effect.andThen(Effect.andThen(latch.await, Effect.yieldNow), Effect.uninterruptible(commit))
    yield* Effect.forkScoped(Effect.forever(turn))
    let isOpen = true
    yield* Effect.addFinalizer(() => {
      isOpen = false
      return Effect.whileLoop({ while: () => waiting.size > 0, body: () => commit, step: () => {} })
    })
    const ask = (item: In): Effect.Effect<Out, E> =>
      Effect.callback((answer) => {
        const one: Waiting<In, Out, E> = { item, answer }
        waiting.add(one)
        latch.openUnsafe()
        return Effect.sync(() => waiting.delete(one))
      })
    // Who comes after the end, such as a worker that gives back what it holds, is not kept waiting.
    return (item) => Effect.suspend(() => (isOpen ? ask(item) : askAlone(options.run, item)))
  })

const take = <In, Out, E>(
  { bytesOf, size }: Options<In, Out, E>,
  waiting: Set<Waiting<In, Out, E>>
): ReadonlyArray<Waiting<In, Out, E>> => {
  const batch: Array<Waiting<In, Out, E>> = []
  let bytes = 0
  for (const one of waiting) {
    bytes += bytesOf(one.item)
    if (batch.length > 0 && (batch.length >= size || bytes > maxBytes)) break
    waiting.delete(one)
    batch.push(one)
  }
  return batch
}

const askAlone = <In, Out, E>(run: Options<In, Out, E>["run"], item: In): Effect.Effect<Out, E> =>
  // The work of one item has one answer.
  Effect.map(
    Effect.suspend(() => run([item])),
    (answers) => answers[0] as Out
  )

const commitTogether = <In, Out, E>(
  { meetsAll, run }: Options<In, Out, E>,
  batch: ReadonlyArray<Waiting<In, Out, E>>
): Effect.Effect<void> => {
  if (batch.length === 0) return Effect.void
  return Effect.suspend(() => run(batch.map(({ item }) => item))).pipe(
    // There is an answer for each, in their order.
    Effect.map((answers) => answerAll(batch, (index) => Exit.succeed(answers[index] as Out))),
    Effect.catchCause((cause) =>
      batch.length > 1 && !Option.exists(Cause.findErrorOption(cause), meetsAll)
        ? Effect.forEach(batch, (one) => Effect.map(Effect.exit(askAlone(run, one.item)), one.answer), {
            discard: true
          })
        : Effect.sync(() => answerAll(batch, () => Exit.failCause(cause)))
    ),
    Effect.uninterruptible
  )
}

const answerAll = <Out, E>(
  batch: ReadonlyArray<Waiting<unknown, Out, E>>,
  exitOf: (index: number) => Exit.Exit<Out, E>
): void => {
  for (const [index, { answer }] of batch.entries()) answer(exitOf(index))
}
