import { Effect } from "effect"
import { InvalidOption, nonEmpty, positiveMillis } from "../../../policy/InvalidOption.ts"
import { Inbox } from "../../Inbox.ts"
import type { WebhookError } from "../../WebhookError.ts"
import type { Settings } from "./options.ts"
import * as Paths from "./paths.ts"
import type { Head, Reception } from "./reception.ts"
import { type AnswerStore, type EventTaker, type ItemsTaker, LostRequest, type Shop, SourceRequest } from "./request.ts"
import * as Sources from "./source.ts"
import { RefusalLog } from "./telemetry.ts"

/** Receives requests, whichever server they come to. */
export interface Machine<E, R> {
  readonly maxBodySize: number
  readonly bodyTimeoutMillis: number
  readonly checkSecrets: Effect.Effect<void, E | WebhookError, R>
  readonly open: (head: Head) => Reception<R>
}

export const make = <E, R, R2>(settings: Settings<E, R, R2>): Machine<E, R | R2> => {
  const limits = readLimits(settings)
  const sources = new Map(
    Object.entries(settings.sources).map(([name, source]) => [
      nonEmpty("source", name),
      Sources.make(name, source, { maxBodySize: settings.maxBodySize, deduplicates: settings.onEvent === undefined })
    ])
  )
  const path = settings.path === undefined ? undefined : Paths.make(settings.path)
  checkPath(path, sources)
  const shop: Shop<R | R2> = {
    ...limits,
    refusals: new RefusalLog(),
    onOutcome: settings.onOutcome,
    onEvent: eventTaker(settings),
    onItems: itemsTaker(settings),
    // As above.
    answers: settings.onEvent === undefined ? (inboxAnswers as unknown as AnswerStore<R2>) : noAnswers
  }
  const only = sources.size === 1 ? [...sources.keys()][0] : undefined
  return {
    ...limits,
    maxBodySize: Math.max(...[...sources.values()].map(({ rules }) => rules.maxBodySize)),
    checkSecrets: Effect.forEach(sources.values(), Sources.checkSecrets, { discard: true }),
    open: (head) => {
      const found = locate(head, path)
      const source = sources.get(found?.source ?? only ?? "")
      if (found === undefined || source === undefined || source.secrets.isPerTenant !== (found.tenant !== undefined)) {
        return new LostRequest(shop)
      }
      return new SourceRequest(shop, source, head, found.tenant)
    }
  }
}

const eventTaker = <E, R, R2>({ onEvent }: Settings<E, R, R2>): EventTaker<R2> =>
  // Without `onEvent`, R2 is its default: the inbox.
  onEvent ?? (storeInInbox as unknown as EventTaker<R2>)

const storeInInbox: EventTaker<Inbox> = (arrival) => Effect.flatMap(Inbox, (inbox) => inbox.store(arrival))

const storeAllInInbox: ItemsTaker<Inbox> = (arrivals) => Effect.flatMap(Inbox, (inbox) => inbox.storeAll(arrivals))

/** Without `onEvent`, R2 is its default: the inbox. */
const inboxAnswers: AnswerStore<Inbox> = {
  find: (key) => Effect.flatMap(Inbox, (inbox) => inbox.answerTo(key)),
  keep: (key, answer) => Effect.flatMap(Inbox, (inbox) => inbox.keepAnswer(key, answer))
}

const noAnswers: AnswerStore<never> = { find: () => Effect.succeedNone, keep: () => Effect.void }

/** A handler of the user's own gets the items one after the other. */
const itemsTaker = <E, R, R2>({ onEvent }: Settings<E, R, R2>): ItemsTaker<R2> =>
  onEvent === undefined
    ? // As above.
      (storeAllInInbox as unknown as ItemsTaker<R2>)
    : (arrivals, verified) => Effect.forEach(arrivals, (arrival) => onEvent(arrival, verified))

const readLimits = <E, R, R2>(settings: Settings<E, R, R2>) => ({
  bodyTimeoutMillis: positiveMillis("bodyTimeout", settings.bodyTimeout ?? "10 seconds"),
  secretsTimeoutMillis: positiveMillis("secretsTimeout", settings.secretsTimeout ?? "5 seconds"),
  storeTimeoutMillis: positiveMillis("storeTimeout", settings.storeTimeout ?? "10 seconds")
})

const checkPath = <E, R>(path: Paths.Path | undefined, sources: ReadonlyMap<string, Sources.Source<E, R>>): void => {
  if (sources.size === 0) {
    throw new InvalidOption({ option: "sources", actual: "{}", accepts: "one source or more" })
  }
  if (path === undefined) return
  if (sources.size > 1 && !path.hasSource) {
    throw new InvalidOption({
      option: "path",
      actual: "one without :source",
      accepts: "a path with :source, for many sources"
    })
  }
  for (const { name, secrets } of sources.values()) {
    if (secrets.isPerTenant === path.hasTenant) continue
    throw new InvalidOption({
      option: `${name}.secrets`,
      actual: secrets.isPerTenant ? "a function of the tenant" : "the same for every tenant",
      accepts: path.hasTenant
        ? "a function of the tenant, because the path has :tenant"
        : "secrets, because the path has no :tenant"
    })
  }
}

const locate = ({ params, url }: Head, path: Paths.Path | undefined): Paths.Found | undefined => {
  if (params === undefined && path !== undefined) return path.match(url)
  const { source, tenant } = params ?? {}
  return [source, tenant].every((name) => name === undefined || Paths.isName(name)) ? { source, tenant } : undefined
}
