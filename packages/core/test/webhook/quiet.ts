/** Letting workers go on until they wait again, whatever their store: a database answers in its own time. */
import { InboxStore } from "@causeway/core/webhook"
import { Context, Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"

interface Quiet {
  /** Waits until nothing moves any more without time going by. */
  readonly settle: Effect.Effect<void>
  /** The most milliseconds that go by at once. */
  readonly step: number
  /** Something that is waited for. */
  readonly asking: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

const Quiet = Context.Reference<Quiet>("test/Quiet", {
  defaultValue: () => ({
    settle: Effect.repeat(TestClock.adjust(0), { times: 20 }),
    step: Infinity,
    asking: (effect) => effect
  })
})

export const settle = Effect.flatMap(Quiet, (quiet) => quiet.settle)

/** Lets time go by, and what is due then run. */
export const pass = (duration: Duration.Input): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { settle, step } = yield* Quiet
    let left = Duration.toMillis(Duration.fromInputUnsafe(duration))
    while (left > 0) {
      yield* TestClock.adjust(Math.min(left, step))
      yield* settle
      left -= step
    }
  })

/** What a handler asks of the database. */
export const asking = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Quiet, (quiet) => quiet.asking(effect))

const turnsOfQuiet = 5

const makeQuiet = () => {
  let asked = 0
  const add = (count: number) =>
    Effect.sync(() => {
      asked += count
    })

  const asking: Quiet["asking"] = (effect) => Effect.andThen(add(1), Effect.ensuring(effect, add(-1)))

  /** A handler that waits keeps its transaction open: only its begin and its end are waited for. */
  const transacting = <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    transaction: (inner: Effect.Effect<A, E, R>) => Effect.Effect<A, E | InboxStore.InboxStoreError, R>
  ) => asking(transaction(Effect.andThen(add(-1), Effect.ensuring(effect, add(1)))))

  const untilQuiet = async (): Promise<void> => {
    for (let turns = 0; turns < turnsOfQuiet; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (asked > 0) turns = -1
    }
  }

  const over = (store: InboxStore.Service): InboxStore.Service => ({
    ...store,
    put: (event) => asking(store.put(event)),
    claim: (options) => asking(store.claim(options)),
    renew: (claim, until) => asking(store.renew(claim, until)),
    settle: (claim, settlement) => asking(store.settle(claim, settlement)),
    nextDue: (source) => asking(store.nextDue(source)),
    undecided: (source, limit) => asking(store.undecided(source, limit)),
    decide: (lanes) => asking(store.decide(lanes)),
    count: (filter) => asking(store.count(filter)),
    purge: (purge) => asking(store.purge(purge)),
    forget: (now) => asking(store.forget(now)),
    transaction: (effect) => transacting(effect, store.transaction)
  })

  const settle = Effect.repeat(Effect.andThen(TestClock.adjust(0), Effect.promise(untilQuiet)), { times: 3 })
  return { over, quiet: { settle, step: 1000, asking } }
}

/** The store is watched, and waited for: for one that does not answer within a turn of the event loop. */
export const layerWatched = <E, R>(store: Layer.Layer<InboxStore.InboxStore, E, R>) =>
  Layer.unwrap(
    Effect.sync(() => {
      const { over, quiet } = makeQuiet()
      const watched = Layer.effect(InboxStore.InboxStore, Effect.map(InboxStore.InboxStore, over))
      return Layer.merge(Layer.provide(watched, store), Layer.succeed(Quiet, quiet))
    })
  )
