import { Duration, Effect } from "effect"
import type { Breaker } from "../../Breaker.ts"
import type { Admission, AttemptEnd, Outcome, Phase, Snapshot, Transition } from "./model.ts"
import type { Tally } from "./Tally.ts"
import { tallyOf } from "./tallyOf.ts"

/** Why a circuit is not closed. `openings` counts those since it was last closed. */
type Halt = Open | HalfOpen | Isolated

interface Open {
  readonly _tag: "open"
  readonly openings: number
  readonly openMillis: number
  readonly calls: number
  readonly failures: number
  until: number
}

interface HalfOpen {
  readonly _tag: "half-open"
  readonly openings: number
  readonly leaseMillis: number
  running: number
  passed: number
  failed: number
  leaseUntil: number
}

interface Isolated {
  readonly _tag: "isolated"
}

const admitted = (generation: number): Effect.Effect<Admission> =>
  Effect.succeed({ _tag: "Admitted", generation, transition: undefined })

/** Most circuits never change, and share this. */
const firstAdmission = admitted(0)

/** One circuit in memory: its phase, what it has counted, and how they change. */
export class Circuit {
  /** The answer to every attempt while the circuit is closed; undefined while it is not. */
  admission: Effect.Effect<Admission> | undefined = firstAdmission
  generation = 0
  #since: number
  /** In seconds, because large numbers cost an idle circuit a box each. */
  #usedAt: number
  #strategy = ""
  #tally: Tally | undefined
  #halt: Halt | undefined

  constructor(now: number) {
    this.#since = now
    this.#usedAt = Math.floor(now / 1_000)
  }

  get phase(): Phase {
    return this.#halt?._tag ?? "closed"
  }

  /** Whether this is its first use in the second of `now`. */
  use(now: number): boolean {
    const second = Math.floor(now / 1_000)
    if (second === this.#usedAt) return false
    this.#usedAt = second
    return true
  }

  /** A closed circuit without failures that nobody has used for a minute says nothing that a fresh one would not. */
  isIdle(now: number): boolean {
    if (this.#halt !== undefined || now - this.#usedAt * 1_000 <= 60_000) return false
    return this.#tally === undefined || this.#tally.failures(now) === 0
  }

  admit(key: string, breaker: Breaker, now: number): Admission {
    const halt = this.#halt
    switch (halt?._tag) {
      case undefined:
        return { _tag: "Admitted", generation: this.generation, transition: undefined }
      case "isolated":
        return { _tag: "Open", retryAfterMillis: undefined }
      case "open":
        return this.#admitToOpen(halt, key, breaker, now)
      case "half-open":
        return this.#admitProbe(halt, breaker, now, undefined)
    }
  }

  record(key: string, breaker: Breaker, outcome: Outcome, now: number, end: AttemptEnd): Transition | undefined {
    const halt = this.#halt
    if (halt?._tag === "half-open") return this.#recordProbe(halt, key, breaker, outcome, now, end)
    if (halt !== undefined || outcome === "ignored") return undefined
    const tally = this.#tallyFor(breaker)
    if (!tally.count(outcome === "failure", end.elapsedMillis, now)) return undefined
    return this.#open(0, tally.calls(now), tally.failures(now), key, breaker, now, end)
  }

  isolate(key: string, now: number): Transition | undefined {
    return this.phase === "isolated" ? undefined : this.#change({ _tag: "isolated" }, key, now)
  }

  close(key: string, now: number): Transition | undefined {
    return this.#halt === undefined ? undefined : this.#change(undefined, key, now)
  }

  reset(key: string, now: number): Transition | undefined {
    const transition = this.#change(undefined, key, now)
    return transition.from === "closed" ? undefined : transition
  }

  snapshot(key: string, now: number): Snapshot {
    const halt = this.#halt
    const seen = { key, phase: this.phase, since: this.#since, retryAfter: undefined }
    switch (halt?._tag) {
      case undefined:
        return { ...seen, calls: this.#tally?.calls(now) ?? 0, failures: this.#tally?.failures(now) ?? 0 }
      case "isolated":
        return { ...seen, calls: 0, failures: 0 }
      case "open":
        return { ...seen, calls: halt.calls, failures: halt.failures, retryAfter: inTime(halt.until - now) }
      case "half-open":
        return { ...seen, calls: halt.passed + halt.failed, failures: halt.failed }
    }
  }

  #admitToOpen(open: Open, key: string, breaker: Breaker, now: number): Admission {
    const left = open.until - now
    if (left > open.openMillis) open.until = now + open.openMillis
    if (left > 0) return { _tag: "Open", retryAfterMillis: open.until - now }
    const halfOpen: HalfOpen = {
      _tag: "half-open",
      openings: open.openings,
      leaseMillis: openMillis(breaker, open.openings),
      running: 0,
      passed: 0,
      failed: 0,
      leaseUntil: now
    }
    return this.#admitProbe(halfOpen, breaker, now, this.#change(halfOpen, key, now))
  }

  /** Probes that do not report, because their fibres died, are given up after an open duration. */
  #admitProbe(probes: HalfOpen, breaker: Breaker, now: number, transition: Transition | undefined): Admission {
    const left = probes.leaseUntil - now
    if (left <= 0) probes.running = 0
    if (probes.running + probes.passed + probes.failed >= breaker.recovery.probes) {
      if (left > probes.leaseMillis) probes.leaseUntil = now + probes.leaseMillis
      return { _tag: "Open", retryAfterMillis: probes.leaseUntil - now }
    }
    probes.running += 1
    probes.leaseUntil = now + probes.leaseMillis
    return { _tag: "Admitted", generation: this.generation, transition }
  }

  #recordProbe(
    probes: HalfOpen,
    key: string,
    breaker: Breaker,
    outcome: Outcome,
    now: number,
    end: AttemptEnd
  ): Transition | undefined {
    probes.running = Math.max(0, probes.running - 1)
    if (outcome === "ignored") return undefined
    if (outcome === "success" && end.elapsedMillis < breaker.slowerThanMillis) probes.passed += 1
    else probes.failed += 1
    const { probes: most, probesToClose } = breaker.recovery
    if (probes.passed >= probesToClose) return this.#change(undefined, key, now)
    if (probes.failed <= most - probesToClose) return undefined
    return this.#open(probes.openings, probes.passed + probes.failed, probes.failed, key, breaker, now, end)
  }

  #open(
    openingsBefore: number,
    calls: number,
    failures: number,
    key: string,
    breaker: Breaker,
    now: number,
    end: AttemptEnd
  ): Transition {
    const openings = openingsBefore + 1
    const asked = Math.min(end.retryAfterMillis ?? 0, breaker.recovery.maxRetryAfterMillis)
    const millis = Math.max(openMillis(breaker, openings), Math.ceil(asked))
    return this.#change({ _tag: "open", openings, openMillis: millis, calls, failures, until: now + millis }, key, now)
  }

  #change(halt: Halt | undefined, key: string, now: number): Transition {
    const from = this.phase
    this.#halt = halt
    this.#tally = undefined
    this.#since = now
    this.generation += 1
    this.admission = halt === undefined ? admitted(this.generation) : undefined
    return { key, from, to: this.phase, at: now }
  }

  #tallyFor(breaker: Breaker): Tally {
    if (this.#tally === undefined || this.#strategy !== breaker.strategy) {
      this.#tally = tallyOf(breaker.trips)
      this.#strategy = breaker.strategy
    }
    return this.#tally
  }
}

const openMillis = ({ recovery }: Breaker, openings: number): number =>
  recovery.openMillis[Math.min(openings, recovery.openMillis.length) - 1] ?? 0

const inTime = (millis: number): Duration.Duration => Duration.millis(Math.max(0, millis))
