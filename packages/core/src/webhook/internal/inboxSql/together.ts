import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { Claim, NewEvent, Put, Service } from "../../InboxStore.ts"
import { claim } from "./claiming.ts"
import type { Database } from "./database.ts"
import { putAll } from "./putting.ts"
import { type Ending, settleAll } from "./settling.ts"

/** What may share a transaction with others. */
export type Work =
  | { readonly _tag: "Put"; readonly events: ReadonlyArray<NewEvent> }
  | { readonly _tag: "Settle"; readonly ending: Ending }
  | { readonly _tag: "Claim"; readonly options: Parameters<Service["claim"]>[0] }

/** The answer to each kind of work. */
export interface Answers {
  readonly Put: ReadonlyArray<Put>
  readonly Settle: boolean
  readonly Claim: ReadonlyArray<Claim>
}

/**
 * Does all, in the transaction that is there. What ends makes room in its lane, and what comes may be due at once: claims
 * are last.
 */
export const perform = (
  database: Database,
  works: ReadonlyArray<Work>
): Effect.Effect<ReadonlyArray<Answers[Work["_tag"]]>, SqlError.SqlError> =>
  Effect.gen(function* () {
    // Both answer each, in their order.
    const answers = new Map<Work, Answers[Work["_tag"]]>()
    const puts = works.filter((work) => work._tag === "Put")
    const endings = works.filter((work) => work._tag === "Settle")
    if (puts.length > 0) {
      const stored = yield* putAll(
        database,
        puts.flatMap(({ events }) => events)
      )
      let from = 0
      for (const work of puts) answers.set(work, stored.slice(from, (from += work.events.length)))
    }
    if (endings.length > 0) {
      const settled = yield* settleAll(
        database,
        endings.map(({ ending }) => ending)
      )
      endings.forEach((work, index) => answers.set(work, settled[index] as boolean))
    }
    for (const work of works) if (work._tag === "Claim") answers.set(work, yield* claim(database, work.options))
    // Each kind was answered above.
    return works.map((work) => answers.get(work) as Answers[Work["_tag"]])
  })
