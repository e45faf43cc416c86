import { Inbox } from "@causeway/core/webhook"
import { Effect, Fiber } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import { openInbox, percentile, postgres, sqlite } from "../inbox/databases.ts"
import type { Finding } from "../Row.ts"

const events = 40

/** Two inboxes that share nothing but the database, as two processes do. */
const waking = async (
  name: string,
  { database, stop }: Awaited<ReturnType<typeof postgres>>,
  pollInterval: "1 second" | "100 millis" | "1 hour"
): Promise<string> => {
  const receiver = await openInbox(database)
  const handler = await openInbox(database)
  const begun = new Map<string, number>()
  const times: Array<number> = []
  const otherwise = ({ id }: { readonly id: string }) =>
    Effect.sync(() => times.push(performance.now() - (begun.get(id) ?? Number.NaN)))
  const worker = Effect.runFork(
    Effect.provide(Inbox.run({ source: "bench", events: {}, handle: {}, otherwise, pollInterval }), handler.context)
  )
  await sleep(1500)
  for (let index = 0; index < events; index += 1) {
    const id = String(index)
    await Effect.runPromise(receiver.inbox.store({ source: "bench", id, headers: [], body: new Uint8Array(1) }))
    begun.set(id, performance.now())
    while (times.length <= index) await sleep(1)
    await sleep(Math.random() * 100)
  }
  await Effect.runPromise(Fiber.interrupt(worker))
  for (const { close } of [receiver, handler]) await close()
  await stop()
  const sorted = times.toSorted((left, right) => left - right)
  const figure = (share: number) => percentile(sorted, share).toFixed(1).padStart(9)
  return [name.padEnd(36), figure(0.5), figure(0.99)].join("")
}

const find = async (): Promise<ReadonlyArray<string>> => [
  `${"".padEnd(36)}   p50 ms   p99 ms`,
  await waking("Postgres, LISTEN and NOTIFY", await postgres(), "1 hour"),
  await waking("SQLite, polling each 100 ms", sqlite(), "100 millis"),
  await waking("SQLite, polling each second", sqlite(), "1 second")
]

export const row: Finding = {
  name: "inbox, waking",
  about: `From the commit of one process to the handler of another, ${events} events one by one.`,
  find
}
