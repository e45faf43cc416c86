/**
 * What the mirror did, counted while it works: its own side of the ledger, and what the report tells.
 */
import { CallObserver } from "@causeway/core/policy"
import type { WebhookReceiver } from "@causeway/core/webhook"
import { Context, Effect, Layer } from "effect"
import { Samples } from "./Samples.ts"

/** The calls made through one integration. */
export interface Calls {
  calls: number
  /** Calls that failed although something was sent. */
  failed: number
  /** Calls that failed before anything was sent, such as those that met an open circuit. */
  unsent: number
  /** HTTP requests. */
  attempts: number
  /** Of those, all but the first of each call. */
  retries: number
  readonly waits: { retry: number; rateLimit: number; millis: number }
  /** The states of its circuit, in order; the first is `closed`. */
  readonly circuit: Array<string>
  /** How long the calls took of which something was sent, retries and waits included. */
  readonly millis: Samples
}

/** What came to the receiver. `requests` is the sum of the other counts. */
export interface Received {
  requests: number
  stored: number
  duplicates: number
  /** Requests that were refused, by reason. */
  readonly refused: Record<string, number>
  /** Requests that could not be stored, and were answered 503. */
  failed: number
}

/** What was done with the events that were stored. */
export interface Handled {
  /** Attempts of handlers that failed; the inbox repeats them. */
  failedAttempts: number
  /** How long a handler took, its calls to GitHub and to the subscriber included. */
  readonly millis: Samples
}

/** What was passed on to the subscriber. */
export interface Announced {
  delivered: number
  dead: number
  /** How long it took until the subscriber had it, retries included. */
  readonly millis: Samples
}

export class Tally extends Context.Service<
  Tally,
  {
    /** The calls of an integration, by its id. */
    readonly calls: (integration: string) => Calls
    /** Sweeps over the repository, and how many of them broke off. */
    readonly sweeps: { done: number; broken: number; readonly millis: Samples }
    pages: number
    readonly received: Received
    readonly handled: Handled
    readonly announced: Announced
  }
>()("mirror/Tally") {}

const make = Effect.sync(() => {
  const byIntegration = new Map<string, Calls>()
  const calls = (integration: string): Calls => {
    const known = byIntegration.get(integration) ?? noCalls()
    byIntegration.set(integration, known)
    return known
  }
  return Tally.of({
    calls,
    sweeps: { done: 0, broken: 0, millis: new Samples() },
    pages: 0,
    received: { requests: 0, stored: 0, duplicates: 0, refused: {}, failed: 0 },
    handled: { failedAttempts: 0, millis: new Samples() },
    announced: { delivered: 0, dead: 0, millis: new Samples() }
  })
})

const noCalls = (): Calls => ({
  calls: 0,
  failed: 0,
  unsent: 0,
  attempts: 0,
  retries: 0,
  waits: { retry: 0, rateLimit: 0, millis: 0 },
  circuit: ["closed"],
  millis: new Samples()
})

/** Counts every call made below this Layer. */
export const layer: Layer.Layer<Tally> = Layer.effect(
  CallObserver.CallObserver,
  Effect.map(Tally, (tally) => (event: CallObserver.CallEvent) => countCall(tally.calls(event.integration), event))
).pipe(Layer.provideMerge(Layer.effect(Tally, make)))

const countCall = (calls: Calls, event: CallObserver.CallEvent): void => {
  switch (event._tag) {
    case "AttemptStarted":
      calls.attempts += 1
      calls.retries += event.attempt > 1 ? 1 : 0
      return
    case "AttemptEnded":
      return
    case "Waiting":
      calls.waits[event.reason] += 1
      calls.waits.millis += event.delayMillis
      return
    case "CircuitChanged":
      calls.circuit.push(event.transition.to)
      return
    case "CallEnded":
      countEnd(calls, event)
  }
}

const countEnd = (calls: Calls, { attempts, elapsedMillis, succeeded }: CallEnded): void => {
  calls.calls += 1
  if (attempts === 0) {
    calls.unsent += 1
    return
  }
  calls.failed += succeeded ? 0 : 1
  calls.millis.add(elapsedMillis)
}

type CallEnded = Extract<CallObserver.CallEvent, { readonly _tag: "CallEnded" }>

/** Counts one request that came to the receiver. */
export const countOutcome = (received: Received, outcome: WebhookReceiver.Outcome): void => {
  received.requests += 1
  switch (outcome._tag) {
    case "Duplicate":
      received.duplicates += 1
      return
    case "Refused":
      received.refused[outcome.reason] = (received.refused[outcome.reason] ?? 0) + 1
      return
    case "Failed":
      received.failed += 1
      return
    default:
      received.stored += 1
  }
}
