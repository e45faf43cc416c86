/**
 * The summary at the end, as text that a person can read.
 */
import type { WebhookEvent } from "@causeway/core/webhook"
import { type Entry, isBalanced } from "./Audit.ts"
import type { Contents } from "./MirrorStore.ts"
import * as Samples from "./Samples.ts"
import type { Ledgers } from "./Sandbox.ts"
import type { Announced, Calls, Handled, Received } from "./Tally.ts"

/** An event that was given up, and why. */
export interface DeadLetter {
  readonly type: string
  readonly id: string
  readonly attempts: number
  readonly reason: string
}

export interface Facts {
  readonly repository: string
  readonly elapsedMillis: number
  readonly github: Calls
  readonly sweeps: { readonly done: number; readonly broken: number; readonly millis: Samples.Samples }
  readonly pages: number
  readonly contents: Contents
  readonly received: Received
  readonly inbox: Readonly<Record<WebhookEvent.Status, number>>
  readonly handled: Handled
  readonly deadLetters: ReadonlyArray<DeadLetter>
  readonly subscriber: Calls
  readonly announced: Announced
}

/** What only a rehearsal can tell. */
export interface Rehearsed {
  readonly seed: number
  readonly ledgers: Ledgers
  readonly entries: ReadonlyArray<Entry>
}

type Row = readonly [name: string, value: string]

interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<Row>
}

/** The whole report. */
export const render = (facts: Facts, rehearsed?: Rehearsed): string => {
  const sections = [
    callSection("Calls to GitHub's API", facts.github),
    mirrorSection(facts),
    webhookSection(facts, rehearsed),
    announcedSection(facts),
    ...(rehearsed === undefined ? [] : [faultSection(rehearsed.ledgers)])
  ]
  const seed = rehearsed === undefined ? "" : `, against the sandbox with seed ${rehearsed.seed}`
  const heading = `Mirrored ${facts.repository} in ${inTime(facts.elapsedMillis)}${seed}`
  return [
    heading,
    ...sections.map(renderSection),
    ...(rehearsed === undefined ? [] : [renderLedger(rehearsed.entries)])
  ].join("\n\n")
}

const renderSection = ({ rows, title }: Section): string =>
  [title, ...rows.map(([name, value]) => `  ${name.padEnd(nameWidth)}${value}`)].join("\n")

const nameWidth = 18

const callSection = (title: string, calls: Calls): Section => ({
  title,
  rows: [
    [
      "calls",
      `${calls.calls}, of which ${calls.failed} failed and ${calls.unsent} were not sent, for the circuit was open`
    ],
    ["attempts", `${calls.attempts}, of which ${times(calls.retries, "retry", "retries")}`],
    ["waits", waits(calls)],
    ["circuit", calls.circuit.join(" → ")],
    ["time of a call", quantiles(calls.millis)]
  ]
})

const waits = ({ waits }: Calls) =>
  `${waits.retry} before a retry, ${waits.rateLimit} for the rate limit, ${inTime(waits.millis)} in all`

const mirrorSection = ({ contents, pages, sweeps }: Facts): Section => ({
  title: "The mirror",
  rows: [
    ["sweeps", `${sweeps.done} done, ${sweeps.broken} broken off and begun anew`],
    ["pages of issues", String(pages)],
    ["mirrored", rowCounts(contents)],
    ["time of a sweep", quantiles(sweeps.millis)]
  ]
})

const rowCounts = ({ comments, issues, labels, people, repositories }: Contents) =>
  [
    times(repositories, "repository", "repositories"),
    times(issues, "issue"),
    times(comments, "comment"),
    times(labels, "label"),
    times(people, "author")
  ].join(", ")

const webhookSection = (
  { deadLetters, handled, inbox, received }: Facts,
  rehearsed: Rehearsed | undefined
): Section => ({
  title: "Webhooks from GitHub",
  rows: [
    ["received", times(received.requests, "request")],
    ["refused", refusals(received)],
    ["deduplicated", String(received.duplicates)],
    ["stored", String(received.stored)],
    ["handled", `${inbox.handled}, with ${times(handled.failedAttempts, "failed attempt")} on the way`],
    ["kept", `${inbox.kept}, of types that no handler takes`],
    ["dead-lettered", String(inbox.dead)],
    ...deadLetterRows(deadLetters),
    ...(rehearsed === undefined ? [] : [timeToAnswer(rehearsed.ledgers)]),
    ["time to handle", quantiles(handled.millis)]
  ]
})

const refusals = ({ refused }: Received): string => {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} ${refusalNames[reason] ?? reason}`)
  return reasons.length === 0 ? "none" : reasons.join(", ")
}

const refusalNames: Readonly<Record<string, string>> = {
  SignatureMismatch: "with a wrong signature",
  MissingHeader: "without a signature",
  BodyTooLarge: "too large"
}

const deadLetterRows = (letters: ReadonlyArray<DeadLetter>): ReadonlyArray<Row> => {
  const alike = Map.groupBy(
    letters,
    ({ attempts, reason, type }) => `${type}, after ${times(attempts, "attempt")}: ${reason}`
  )
  return Array.from(alike, ([text, { length }]) => ["", length === 1 ? text : `${length} × ${text}`])
}

const timeToAnswer = ({ github }: Ledgers): Row => ["time to a 2xx", quantiles(Samples.from(github.deliveries.millis))]

const announcedSection = ({ announced, subscriber }: Facts): Section => ({
  title: "Webhooks to the subscriber",
  rows: [
    ["passed on", String(announced.delivered)],
    ["dead-lettered", String(announced.dead)],
    ["attempts", `${subscriber.attempts}, of which ${times(subscriber.retries, "retry", "retries")}`],
    ["waits", waits(subscriber)],
    ["time to pass on", quantiles(announced.millis)]
  ]
})

const faultSection = ({ github, subscriber }: Ledgers): Section => ({
  title: "What the sandbox did to us",
  rows: [
    [
      "faults",
      Object.entries(github.rest.faults)
        .map(([fault, count]) => `${count} ${faultNames[fault] ?? fault}`)
        .join(", ")
    ],
    [
      "answers",
      Object.entries(github.rest.byStatus)
        .map(([status, count]) => `${count} × ${status}`)
        .join(", ")
    ],
    ["subscriber", `too busy ${times(subscriber.busy, "time")}`]
  ]
})

const faultNames: Readonly<Record<string, string>> = {
  unavailable: "times 503",
  reset: "resets",
  slow: "slow answers",
  truncated: "truncated bodies",
  primaryLimit: "rate limit",
  secondaryLimit: "secondary rate limit",
  outage: "outage"
}

const renderLedger = (entries: ReadonlyArray<Entry>): string => {
  const lines = entries.map((entry) => {
    const { found, told, what } = entry
    return isBalanced(entry) ? `  ✓ ${what}: ${told}` : `  ✗ ${what}: ${told} on the one side, ${found} on the other`
  })
  const off = entries.filter((entry) => !isBalanced(entry)).length
  const verdict =
    off === 0
      ? "The ledger balances: nothing is lost."
      : `The ledger does not balance: ${times(off, "entry differs", "entries differ")}.`
  return ["Ledger", ...lines, "", verdict].join("\n")
}

const times = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`

const quantiles = (samples: Samples.Samples): string => {
  const [half, most] = [samples.quantile(0.5), samples.quantile(0.99)]
  return half === undefined || most === undefined ? "–" : `p50 ${inTime(half)}, p99 ${inTime(most)}`
}

const inTime = (millis: number): string =>
  millis < 1_000 ? `${millis.toFixed(millis < 10 ? 1 : 0)} ms` : `${(millis / 1_000).toFixed(1)} s`
