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
    ...storageOf(settings)
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

interface Storage<R> {
  readonly onEvent: EventTaker<R>
  readonly onItems: ItemsTaker<R>
  readonly answers: AnswerStore<R>
}

const inInbox: Storage<Inbox> = {
  onEvent: (arrival) => Effect.flatMap(Inbox, (inbox) => inbox.store(arrival)),
  onItems: (arrivals) => Effect.flatMap(Inbox, (inbox) => inbox.storeAll(arrivals)),
  answers: {
    find: (key) => Effect.flatMap(Inbox, (inbox) => inbox.answerTo(key)),
    keep: (key, answer) => Effect.flatMap(Inbox, (inbox) => inbox.keepAnswer(key, answer))
  }
}

const noAnswers: AnswerStore<never> = { find: () => Effect.succeedNone, keep: () => Effect.void }

/** The inbox, or the caller's `onEvent`, which gets the items of a batch one after the other. */
const storageOf = <E, R, R2>({ onEvent }: Settings<E, R, R2>): Storage<R2> => {
  // Without `onEvent`, the type parameter R2 is its default: the inbox.
  if (onEvent === undefined) return inInbox as unknown as Storage<R2>
  return {
    onEvent,
    onItems: (arrivals, verified) => Effect.forEach(arrivals, (arrival) => onEvent(arrival, verified)),
    answers: noAnswers
  }
}

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
