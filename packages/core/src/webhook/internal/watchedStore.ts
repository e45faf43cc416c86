import { Clock, Effect } from "effect"
import type { Watch } from "../InboxHealth.ts"
import { InboxStoreError, type Service as Store } from "../InboxStore.ts"

/**
 * A store as a worker has it: it is watched while it is asked for events, and where it dies as it ends or renews a claim,
 * it has failed, so that the attempt at the event is not taken for the culprit.
 */
export const watchedStore = (store: Store, watch: Watch): Store => ({
  ...store,
  claim: (options) => asking(watch, true, () => store.claim(options)),
  nextDue: (source) => asking(watch, true, () => store.nextDue(source)),
  undecided: (source, limit) => asking(watch, false, () => store.undecided(source, limit)),
  decide: (lanes) => asking(watch, false, () => store.decide(lanes)),
  renew: (claim, leaseUntil) => failing("renew a lease", () => store.renew(claim, leaseUntil)),
  settle: (claim, settlement) => failing("settle an event", () => store.settle(claim, settlement))
})

const asking = <A>(
  watch: Watch,
  isPoll: boolean,
  ask: () => Effect.Effect<A, InboxStoreError>
): Effect.Effect<A, InboxStoreError> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    watch.asked(clock.currentTimeMillisUnsafe())
    return Effect.onExit(ask(), (exit) =>
      Effect.sync(() => watch.answered(isPoll && exit._tag === "Success" ? clock.currentTimeMillisUnsafe() : undefined))
    )
  })

const failing = <A>(
  operation: string,
  ask: () => Effect.Effect<A, InboxStoreError>
): Effect.Effect<A, InboxStoreError> =>
  Effect.catchDefect(Effect.suspend(ask), (cause) => Effect.fail(new InboxStoreError({ operation, cause })))
