/**
 * The program against the sandbox: mirror, take all webhooks, and hold the ledger up to both sides.
 */
import { Inbox } from "@causeway/core/webhook"
import { Breaker, Retry } from "@causeway/core/policy"
import { GitHub } from "@causeway/providers/github"
import { Clock, Data, Effect, Result, Schedule } from "effect"
import * as Audit from "./Audit.ts"
import * as Evidence from "./Evidence.ts"
import { Mirror } from "./Mirror.ts"
import * as Progress from "./Progress.ts"
import { Receiver } from "./Receiver.ts"
import * as Report from "./Report.ts"
import { Sandbox } from "./Sandbox.ts"

/** What one side has counted, the other has not. */
export class LedgerOff extends Data.TaggedError("LedgerOff")<{ readonly entries: ReadonlyArray<Audit.Entry> }> {
  override get message(): string {
    const off = this.entries.map(({ found, told, what }) => `${what}: ${told} told, ${found} found`)
    return `The ledger does not balance: ${off.join("; ")}`
  }
}

/** Something is still under way after a time in which everything should have been done. */
export class NotSettled extends Data.TaggedError("NotSettled")<{ readonly patience: string }> {
  override get message(): string {
    return `The rehearsal was not over after ${this.patience}: something hangs, or this machine is very busy`
  }
}

const patience = "50 seconds"

/** The repository of which the payloads hold most; with one issue on a page, there are pages to follow. */
export const target = { owner: "Codertocat", repo: "Hello-World", pageSize: 1 }

/** What is about to happen, for whoever watches. */
export const opening = (seed: number) =>
  `Mirroring ${target.owner}/${target.repo} from a sandbox that plays GitHub: every webhook there is, and every kind of ` +
  `trouble, an outage among them.\nIt takes about ten seconds; --seed ${seed} repeats it.\n`

/** The sandbox's troubles are short, and so is the patience with it. */
export const layerPolicy = GitHub.layerPolicy({
  timeout: "1500 millis",
  retry: Retry.make({ schedule: Schedule.exponential("100 millis").pipe(Schedule.jittered), attempts: 5 }),
  rateLimit: { limit: 60, window: "1 second" },
  circuitBreaker: Breaker.consecutive({ failures: 4, openDuration: "400 millis" })
})

/** Ends when everything has happened, is handled, and a last sweep went through. */
export const run = Effect.gen(function* () {
  const startedAt = yield* Clock.currentTimeMillis
  const sandbox = yield* Sandbox
  yield* Effect.scoped(Effect.andThen(Progress.show(Evidence.status), work))
  const facts = yield* Evidence.facts(startedAt)
  const ledgers = yield* sandbox.ledgers
  const entries = Audit.audit(ledgers, facts)
  console.log(Report.render(facts, { seed: sandbox.seed, ledgers, entries }))
  const off = entries.filter((entry) => !Audit.isBalanced(entry))
  if (off.length > 0) return yield* new LedgerOff({ entries: off })
})

const work = Effect.gen(function* () {
  const sandbox = yield* Sandbox
  const { sweep } = yield* Mirror
  // An open circuit says when it lets a probe through: there is no use in coming earlier.
  const patient = Effect.tapError(sweep, (error) =>
    error._tag === "CircuitOpen" ? Effect.sleep(error.retryAfter ?? 0) : Effect.void
  )
  // Troubles are part of the play; a sandbox that is gone is not.
  const first = Effect.tapError(patient, () => sandbox.ledgers)
  yield* Effect.retry(first, { schedule: betweenSweeps, while: (error) => error._tag !== "SandboxError" })
  yield* sandbox.deliver((yield* Receiver).url)
  // A sweep is never cut off in the middle: what it has sent shall be answered.
  yield* Effect.result(patient).pipe(
    Effect.zip(isSettled),
    Effect.repeat({ schedule: betweenSweeps, until: ([swept, settled]) => settled && Result.isSuccess(swept) })
  )
}).pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.fail(new NotSettled({ patience })) }))

const betweenSweeps = Schedule.spaced("200 millis")

const isSettled = Effect.gen(function* () {
  const { deliveries, rest } = (yield* (yield* Sandbox).ledgers).github
  const { handling, pending } = yield* (yield* Inbox.Inbox).count()
  return deliveries.state === "done" && rest.faultsLeft === 0 && handling + pending === 0
})
