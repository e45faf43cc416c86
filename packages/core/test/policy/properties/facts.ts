/** What holds in every scenario. A fact gives what speaks against it, or nothing. */
import { Cause, Exit } from "effect"
import { costOf, type Played, type Report } from "./play.ts"

export type Fact = (report: Report) => string | undefined

const firstOf = <A>(values: ReadonlyArray<A>, problem: (value: A) => string | undefined): string | undefined => {
  for (const value of values) {
    const found = problem(value)
    if (found !== undefined) return found
  }
  return undefined
}

const arrivalsOf = (report: Report, { name }: Played) => report.arrivals.filter(({ call }) => call === name)

const endsInTheEnd: Fact = ({ calls }) =>
  firstOf(calls, ({ endedAt, exit, name, startedAt }) =>
    exit === undefined && startedAt > 0 ? `${name} has not ended (${endedAt})` : undefined
  )

const failsWithTypedErrors: Fact = ({ calls, fresh }) =>
  firstOf([...calls.map(({ exit }) => exit), ...fresh], (exit) =>
    exit !== undefined && Exit.isFailure(exit) && Cause.hasDies(exit.cause) ? Cause.pretty(exit.cause) : undefined
  )

const attemptsOf = ({ hedge, retry }: Report["scenario"]["slots"], { attempts }: Played["caller"]): number => {
  const most = Math.min(retry?.attempts ?? Infinity, attempts ?? Infinity)
  // Renewed credentials allow one more attempt, and without a bound each attempt may be hedged.
  return most === Infinity ? 2 * (1 + (hedge?.maxHedges ?? 0)) : most
}

const attemptsAreBounded: Fact = (report) =>
  firstOf(report.calls, (call) => {
    const most = attemptsOf(report.scenario.slots, call.caller)
    const made = arrivalsOf(report, call).length
    return made > most ? `${call.name} made ${made} attempts of at most ${most}` : undefined
  })

/** The test's clock knows parts of a millisecond, and sums of them are not exact. */
const rounding = 0.01

const deadlineIsKept: Fact = ({ calls, scenario }) =>
  firstOf(calls, ({ caller, endedAt, name, startedAt }) => {
    const deadline = Math.min(scenario.slots.deadline ?? Infinity, caller.deadline ?? Infinity)
    const elapsed = (endedAt ?? startedAt) - startedAt
    return elapsed > deadline + rounding ? `${name} took ${elapsed} ms of at most ${deadline}` : undefined
  })

const rateLimitIsKept: Fact = (report) => {
  const { rateLimit } = report.scenario.slots
  if (rateLimit === undefined) return undefined
  const tokens = new Map(report.calls.map(({ caller, name }) => [name, caller.tokens ?? 1]))
  /** At least: an answer that cost less may have come too late to say so, and what it cost more came after its turn. */
  const tokensOf = ({ call, reply }: Report["arrivals"][number]): number => {
    const taken = tokens.get(call) ?? 1
    const cost = rateLimit.isCorrected && reply._tag === "Answer" ? costOf(reply.headers) : undefined
    return Math.min(taken, cost ?? taken)
  }
  return firstOf(rateLimit.limits, ({ limit, window }) =>
    firstOf(report.arrivals, ({ at }) => {
      const end = at + window - rounding
      const inWindow = report.arrivals.filter((other) => other.at >= at && other.at < end)
      const used = inWindow.reduce((sum, arrival) => sum + tokensOf(arrival), 0)
      return used > limit ? `${used} tokens of ${limit} in the window from ${at}` : undefined
    })
  )
}

/** What has been handed to its caller is the caller's: a raw response is no longer in flight for the engine. */
const nothingRunsBesideTheLimit: Fact = ({ mostInFlight, scenario: { callers, slots } }) => {
  if (callers.some(({ raw }) => raw)) return undefined
  const most = Math.min(slots.bulkhead?.maxInFlight ?? Infinity, slots.concurrency?.max ?? Infinity)
  return mostInFlight > most ? `${mostInFlight} were in flight of at most ${most}` : undefined
}

const retriesAreWithinTheBudget: Fact = (report) => {
  const { hedge, retryBudget } = report.scenario.slots
  if (retryBudget === undefined || hedge !== undefined) return undefined
  const started = report.events.filter(({ _tag }) => _tag === "AttemptStarted").length
  const first = report.events.filter((event) => event._tag === "AttemptStarted" && event.attempt === 1).length
  const retries = started - first - report.renewals
  const successes = report.events.filter((event) => event._tag === "AttemptEnded" && event.outcome === "success").length
  const seconds = Math.max(0, ...report.calls.map(({ endedAt }) => endedAt ?? 0)) / 1_000
  const most = retryBudget.minimum * (1 + seconds) + retryBudget.ratio * successes
  return retries > most + 1e-6 ? `${retries} retries of at most ${most}` : undefined
}

/** What is not repeatable is sent again only if nothing was sent, or the provider refused it for want of credentials. */
const unsafeCallsAreSentOnce: Fact = (report) =>
  firstOf(report.calls, (call) => {
    if (call.caller.endpoint !== "write" || call.caller.idempotencyKey !== undefined) return undefined
    const sent = arrivalsOf(report, call).filter(
      ({ reply }) =>
        !(reply._tag === "Broken" && reply.code === "ECONNREFUSED") &&
        !(reply._tag === "Answer" && reply.status === 401)
    )
    return sent.length > 1 ? `${call.name}, which is unsafe, was sent ${sent.length} times` : undefined
  })

const eventsBelongTogether: Fact = ({ arrivals, calls, events, scenario: { slots } }) => {
  const count = (tag: string) => events.filter(({ _tag }) => _tag === tag).length
  const began = calls.filter(({ exit }) => exit !== undefined).length
  const counts = {
    called: count("CallStarted"),
    callsEnded: count("CallEnded"),
    attempted: count("AttemptStarted"),
    attemptsEnded: count("AttemptEnded")
  }
  const attempts = events.reduce((sum, event) => sum + (event._tag === "CallEnded" ? event.attempts : 0), 0)
  const succeeded = events.filter((event) => event._tag === "CallEnded" && event.succeeded).length
  const said = JSON.stringify({ ...counts, attempts, succeeded, began, arrived: arrivals.length })
  if (counts.called !== counts.callsEnded || counts.attempted !== counts.attemptsEnded) return said
  if (counts.called > began || attempts !== counts.attempted || arrivals.length > counts.attempted) return said
  if (slots.cache !== undefined || slots.coalesce !== undefined) return undefined
  // A raw response is handed out whatever its status, and a caller may be interrupted with its answer in hand.
  return succeeded < calls.filter(({ caller, exit }) => !caller.raw && exit?._tag === "Success").length
    ? said
    : undefined
}

const nothingStaysInFlight: Fact = ({ inFlightAtEnd }) =>
  inFlightAtEnd === 0 ? undefined : `${inFlightAtEnd} requests or bodies were not let go of`

const aFreshCallerGoesThrough: Fact = ({ fresh }) =>
  firstOf(fresh, (exit) => {
    if (exit === undefined) return "a fresh call had to wait"
    return Exit.isFailure(exit) ? `a fresh call failed: ${Cause.pretty(exit.cause)}` : undefined
  })

const placesAreGivenBack: Fact = ({ freshArrivedTogether, freshTogether }) =>
  freshArrivedTogether === freshTogether
    ? undefined
    : `${freshArrivedTogether} of ${freshTogether} fresh calls got a place at once`

export const facts: Readonly<Record<string, Fact>> = {
  "every call ends": endsInTheEnd,
  "every failure is a typed error, never a defect": failsWithTypedErrors,
  "no call makes more attempts than it may, hedges among them": attemptsAreBounded,
  "no call takes longer than its deadline": deadlineIsKept,
  "no window of time holds more than the rate limit": rateLimitIsKept,
  "no more attempts are in flight than the bulkhead and the concurrency limit let in": nothingRunsBesideTheLimit,
  "there are no more retries than the budget pays for": retriesAreWithinTheBudget,
  "an unsafe call is not sent again once it may have arrived": unsafeCallsAreSentOnce,
  "whatever begins is told to the observer, and so is its end": eventsBelongTogether,
  "no request and no body is left open": nothingStaysInFlight,
  "a fresh caller goes through at once when all waits are over": aFreshCallerGoesThrough,
  "all places are free again, and nothing that was reserved is lost": placesAreGivenBack
}
