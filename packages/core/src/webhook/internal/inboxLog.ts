import { Effect } from "effect"
import * as Attempt from "../Attempt.ts"
import type { InboxStoreError } from "../InboxStore.ts"
import type { WebhookEvent } from "../WebhookEvent.ts"

/** What a line about an event says of it. */
export const names = ({ attempts, id, key, source, type }: WebhookEvent) => ({
  source,
  id,
  type,
  key,
  attempt: attempts
})

/** A line of the log. A logger that throws does not end what logs. */
export const quietly = (log: () => Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchDefect(Effect.suspend(log), () => Effect.void)

/** A line with what caused it, or with a description of that when printing it throws. */
export const warnOf = (message: string, cause: unknown): Effect.Effect<void> =>
  Effect.catchDefect(
    Effect.suspend(() => Effect.logWarning(message, cause)),
    () => {
      const { message: detail, tag } = Attempt.describeError(cause, "Error")
      return quietly(() => Effect.annotateLogs(Effect.logWarning(message), { error: tag, detail }))
    }
  )

export const logStoreError = (source: string, error: InboxStoreError): Effect.Effect<void> =>
  Effect.annotateLogs(warnOf(error.message, error.cause), { source })

export const logLeaseLost = (event: WebhookEvent): Effect.Effect<void> =>
  quietly(() => Effect.annotateLogs(Effect.logWarning("Another worker has taken a webhook event over"), names(event)))

export const logFailed = (event: WebhookEvent, error: Attempt.RecordedError, delay: number): Effect.Effect<void> =>
  quietly(() =>
    Effect.logInfo(`A webhook event failed and is tried again in ${delay} ms`).pipe(
      Effect.annotateLogs({ ...names(event), error: error.tag })
    )
  )

export const logDead = (event: WebhookEvent, error: Attempt.RecordedError | undefined): Effect.Effect<void> =>
  quietly(() =>
    Effect.annotateLogs(Effect.logWarning("A webhook event is dead"), { ...names(event), error: error?.tag })
  )

/** What went wrong with an event beside its handler, such as its key or its schedule. */
export const logBroken = (event: WebhookEvent, message: string, error: Attempt.RecordedError): Effect.Effect<void> =>
  quietly(() =>
    Effect.annotateLogs(Effect.logWarning(message), { ...names(event), error: error.tag, detail: error.message })
  )

export const logStopped = (source: string, defect: unknown): Effect.Effect<void> =>
  quietly(() => {
    const { message, tag } = Attempt.describeError(defect, "Defect")
    return Effect.annotateLogs(Effect.logError("An inbox worker has stopped"), { source, error: tag, detail: message })
  })

export const logFewConnections = (
  source: string,
  { concurrency, connections, needed }: Readonly<Record<"concurrency" | "connections" | "needed", number>>
): Effect.Effect<void> =>
  quietly(() =>
    Effect.annotateLogs(
      Effect.logWarning(
        `maxConnections is ${connections}, and a transactional worker with concurrency ${concurrency} needs at least ` +
          `${needed}: while its handlers hold all connections, it renews no lease and claims nothing`
      ),
      { source }
    )
  )
