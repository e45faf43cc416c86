import { Duration, Effect } from "effect"
import type { Breaker } from "../../Breaker.ts"
import type { Admission, AttemptEnd, Outcome, Phase, Snapshot, Transition } from "./model.ts"
import type { Tally } from "./Tally.ts"
import { tallyOf } from "./AnyOf.ts"

/** Why a circuit is not closed. `openings` counts those since it was last closed. */
type Halt = Open | HalfOpen | Isolated

/** What opened a circuit. */
interface Counted {
  readonly calls: number
  readonly failures: number
}

interface Open extends Counted {
  readonly _tag: "open"
  readonly openings: number
  readonly openMillis: number
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

/** Where a circuit is that has ever changed: its phase now, and what is admitted in it. */
class Changed {
  /** The answer to every attempt while the circuit is closed; undefined while it is not. */
  admission: Effect.Effect<Admission> | undefined = undefined
  generation = 0
  halt: Halt | undefined = undefined
  since = 0

  get phase(): Phase {
    return this.halt?._tag ?? "closed"
  }

  change(halt: Halt | undefined, key: string, now: number): Transition {
    const from = this.phase
    this.halt = halt
    this.since = now
    this.generation += 1
    this.admission = halt === undefined ? admitted(this.generation) : undefined
    return { key, from, to: this.phase, at: now }
  }

  open(
    openingsBefore: number,
    counted: Counted,
    key: string,
    breaker: Breaker,
    now: number,
    end: AttemptEnd
  ): Transition {
    const openings = openingsBefore + 1
    const asked = Math.min(end.retryAfterMillis ?? 0, breaker.recovery.maxRetryAfterMillis)
    const millis = Math.max(openMillis(breaker, openings), Math.ceil(asked))
    return this.change({ _tag: "open", openings, openMillis: millis, ...counted, until: now + millis }, key, now)
  }

  admit(key: string, breaker: Breaker, now: number): Admission {
    const { halt } = this
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

  recordProbe(
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
    if (probes.passed >= probesToClose) return this.change(undefined, key, now)
    if (probes.failed <= most - probesToClose) return undefined
    const counted = { calls: probes.passed + probes.failed, failures: probes.failed }
    return this.open(probes.openings, counted, key, breaker, now, end)
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
    return this.#admitProbe(halfOpen, breaker, now, this.change(halfOpen, key, now))
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
}

// Without private methods: each of the many instances would carry a mark of its class for them.

/** One circuit in memory. Most never change, so what only others need is kept apart. */
export class Circuit {
  /** In seconds, because large numbers cost an idle circuit a box each. */
  #usedAt: number
  #changed: Changed | undefined = undefined
  /** Undefined while there is nothing in it. */
  #tally: Tally | undefined = undefined

  constructor(now: number) {
    this.#usedAt = Math.floor(now / 1_000)
  }

  /** The answer to every attempt while the circuit is closed; undefined while it is not. */
  get admission(): Effect.Effect<Admission> | undefined {
    return this.#changed === undefined ? firstAdmission : this.#changed.admission
  }

  get generation(): number {
    return this.#changed?.generation ?? 0
  }

  get phase(): Phase {
    return this.#changed?.phase ?? "closed"
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
    if (this.phase !== "closed" || now - this.#usedAt * 1_000 <= 60_000) return false
    return this.#tally === undefined || this.#tally.failures(now) === 0
  }

  admit(key: string, breaker: Breaker, now: number): Admission {
    return this.#changed?.admit(key, breaker, now) ?? { _tag: "Admitted", generation: 0, transition: undefined }
  }

  record(key: string, breaker: Breaker, outcome: Outcome, now: number, end: AttemptEnd): Transition | undefined {
    const halt = this.#changed?.halt
    if (halt?._tag === "half-open") return this.#changed?.recordProbe(halt, key, breaker, outcome, now, end)
    if (halt !== undefined || outcome === "ignored") return undefined
    const tally = this.#tally?.isOf(breaker) === true ? this.#tally : tallyFor(breaker, outcome)
    const trips = tally?.count(outcome === "failure", end.elapsedMillis, now) === true
    this.#tally = trips || tally?.isBlank() === true ? undefined : tally
    if (tally === undefined || !trips) return undefined
    const counted = { calls: tally.calls(now), failures: tally.failures(now) }
    return (this.#changed ??= new Changed()).open(0, counted, key, breaker, now, end)
  }

  isolate(key: string, now: number): Transition | undefined {
    return this.phase === "isolated" ? undefined : this.change({ _tag: "isolated" }, key, now)
  }

  close(key: string, now: number): Transition | undefined {
    return this.phase === "closed" ? undefined : this.change(undefined, key, now)
  }

  reset(key: string, now: number): Transition | undefined {
    const transition = this.change(undefined, key, now)
    return transition.from === "closed" ? undefined : transition
  }

  /** `storeSince` is since when one that never changed is closed. */
  snapshot(key: string, now: number, storeSince: number): Snapshot {
    const halt = this.#changed?.halt
    const seen = { key, phase: this.phase, since: this.#changed?.since ?? storeSince, retryAfter: undefined }
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

  protected change(halt: Halt | undefined, key: string, now: number): Transition {
    this.#tally = undefined
    return (this.#changed ??= new Changed()).change(halt, key, now)
  }
}

/** None for a success that would leave it blank. */
const tallyFor = (breaker: Breaker, outcome: Outcome): Tally | undefined => {
  const isAlone = breaker.trips.length === 1 && breaker.trips[0]._tag === "Consecutive"
  return isAlone && outcome === "success" ? undefined : tallyOf(breaker.trips)
}

const openMillis = ({ recovery }: Breaker, openings: number): number =>
  recovery.openMillis[Math.min(openings, recovery.openMillis.length) - 1] ?? 0

const inTime = (millis: number): Duration.Duration => Duration.millis(Math.max(0, millis))
