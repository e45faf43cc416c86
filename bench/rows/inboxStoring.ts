import { Effect } from "effect"
import { openInbox, percentile, postgres, sqlite } from "../inbox/databases.ts"
import { median } from "../measure.ts"
import type { Finding } from "../Row.ts"

const inFlight = 64
const events = 1000
const rounds = 3

const body = new TextEncoder().encode(JSON.stringify({ type: "thing.happened", note: "x".repeat(960) }))

interface Contestant {
  readonly name: string
  readonly store: (id: string) => Promise<unknown>
  readonly close: () => Promise<unknown>
}

const arrival = (id: string) => ({ source: "bench", id, type: "thing.happened", headers: [], body })

const causeway = async (
  name: string,
  { database, stop }: Awaited<ReturnType<typeof postgres>>,
  alone = false
): Promise<Contestant> => {
  const { close, context, inbox, sql } = await openInbox(database)
  // In a transaction of the caller, an event shares its commit with no other.
  const store = (id: string) => (alone ? sql.withTransaction(inbox.store(arrival(id))) : inbox.store(arrival(id)))
  return {
    name,
    store: (id) => Effect.runPromise(Effect.provide(store(id), context)),
    close: async () => {
      await close()
      await stop()
    }
  }
}

const round = async ({ store }: Contestant, prefix: string) => {
  const times: Array<number> = []
  let next = 0
  const worker = async () => {
    while (next < events) {
      const id = `${prefix}-${next++}`
      const began = performance.now()
      await store(id)
      times.push(performance.now() - began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  const rate = (events * 1000) / (performance.now() - began)
  return {
    rate,
    p99: percentile(
      times.toSorted((left, right) => left - right),
      0.99
    )
  }
}

const find = async (): Promise<ReadonlyArray<string>> => {
  const contestants = [
    await causeway("SQLite, one commit each", sqlite(), true),
    await causeway("SQLite", sqlite()),
    await causeway("Postgres, one commit each", await postgres(), true),
    await causeway("Postgres", await postgres())
  ]
  const samples = contestants.map(() => Array<{ rate: number; p99: number }>())
  for (let turn = 0; turn <= rounds; turn += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const sample = await round(contestant, String(turn))
      if (turn > 0) samples[index]?.push(sample)
    }
  }
  for (const { close } of contestants) await close()
  return [
    `${"".padEnd(28)} events/s    p99 ms   (medians of ${rounds} rounds)`,
    ...contestants.map(({ name }, index) => {
      const rate = median(samples[index]?.map((sample) => sample.rate) ?? [])
      const p99 = median(samples[index]?.map((sample) => sample.p99) ?? [])
      return [name.padEnd(28), rate.toFixed(0).padStart(9), p99.toFixed(1).padStart(10)].join("")
    })
  ]
}

export const row: Finding = {
  name: "inbox, storing",
  about: `Stores ${events} events of 1 KiB with an id each, ${inFlight} in flight, each answered after its commit.`,
  find
}
