import { Cause, Effect, Exit, Option, Queue, type Scope } from "effect"

export interface Options<In, Out, E> {
  /** Does the work of all in one transaction, and answers each, in their order. */
  readonly run: (items: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out>, E>
  /** Whether an error would meet each of them alone too. */
  readonly meetsAll: (error: E) => boolean
  /** The most that share a transaction. */
  readonly size: number
  /** How many transactions run at the same time. */
  readonly fibers: number
}

interface Waiting<In, Out, E> {
  readonly item: In
  readonly answer: (exit: Effect.Effect<Out, E>) => void
  abandoned: boolean
}

/**
 * Lets callers share transactions: what is asked for while one commits goes into the next. Each caller is answered after
 * the commit. When a transaction fails, or dies, for the sake of one of them, each is tried alone.
 */
export const make = <In, Out, E>(
  options: Options<In, Out, E>
): Effect.Effect<(item: In) => Effect.Effect<Out, E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const queue = yield* Queue.unbounded<Waiting<In, Out, E>>()
    const commit = Effect.flatMap(Queue.takeBetween(queue, 1, options.size), (batch) => commitTogether(options, batch))
    // What its callers ask for in the same turn of the event loop goes together.
    const turn = Effect.andThen(
      Effect.flatMap(Queue.peek(queue), () => Effect.yieldNow),
      commit
    )
    for (let fiber = 0; fiber < options.fibers; fiber += 1) yield* Effect.forkScoped(Effect.forever(turn))
    let isOpen = true
    yield* Effect.addFinalizer(() => {
      isOpen = false
      return Effect.flatMap(Queue.clear(queue), (left) => commitTogether(options, left))
    })
    // Who comes after the end, such as a worker that gives back what it holds, is not kept waiting.
    return (item) => Effect.suspend(() => (isOpen ? ask(queue, item) : askAlone(options.run, item)))
  })

const askAlone = <In, Out, E>(run: Options<In, Out, E>["run"], item: In): Effect.Effect<Out, E> =>
  // The work of one item has one answer.
  Effect.map(
    Effect.suspend(() => run([item])),
    (answers) => answers[0] as Out
  )

const ask = <In, Out, E>(queue: Queue.Queue<Waiting<In, Out, E>>, item: In): Effect.Effect<Out, E> =>
  Effect.callback((answer) => {
    const waiting: Waiting<In, Out, E> = { item, answer, abandoned: false }
    Queue.offerUnsafe(queue, waiting)
    return Effect.sync(() => {
      waiting.abandoned = true
    })
  })

const commitTogether = <In, Out, E>(
  { meetsAll, run }: Options<In, Out, E>,
  taken: ReadonlyArray<Waiting<In, Out, E>>
): Effect.Effect<void> => {
  const batch = taken.filter(({ abandoned }) => !abandoned)
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
