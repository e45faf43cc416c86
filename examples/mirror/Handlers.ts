/**
 * What is done with each kind of event: look again at what has changed, then tell the subscriber.
 */
import { Inbox, type WebhookEvent } from "@causeway/core/webhook"
import { type GitHubApi, GitHubWebhook } from "@causeway/providers/github"
import { Data, Duration, Effect, Layer, Schedule, Schema } from "effect"
import { Announcer } from "./Announcer.ts"
import { Mirror } from "./Mirror.ts"
import { Tally } from "./Tally.ts"

/** Nothing more will come: a person has to make the webhook anew, and may then replay this event to put it away. */
export class WebhookDeleted extends Data.TaggedError("WebhookDeleted")<{ readonly hook: number }> {
  override get message(): string {
    return `webhook ${this.hook} was deleted on GitHub: nothing more will come from it until somebody makes it anew`
  }
}

/** A failure that goes away by itself, played in a rehearsal. */
export class Stumbled extends Data.TaggedError("Stumbled") {
  override readonly message = "stumbled once, as the rehearsal asked"
}

export interface Options {
  /** Fails the first attempt at each event of this type, to see the inbox repeat it. */
  readonly stumbleOn?: string | undefined
}

/** Of the webhook itself: it was deleted. */
const MetaEvent = Schema.Struct({ action: Schema.String, hook_id: Schema.Int })

const events = { ...GitHubWebhook.events, meta: MetaEvent }

/** From half a second, doubling up to a minute, ten times: for about five minutes. */
const retry = Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("1 minute")]).pipe(
  Schedule.upTo({ times: 10 })
)

/** What all events tell that are about something in a repository. */
interface Change {
  readonly action: string
  readonly repository: GitHubApi.Repository
  readonly sender: GitHubApi.User
}

const make = Effect.fnUntraced(function* ({ stumbleOn }: Options) {
  const announcer = yield* Announcer
  const mirror = yield* Mirror
  const tally = yield* Tally

  const counted = <E, R>(delivery: WebhookEvent.WebhookEvent, handled: Effect.Effect<unknown, E, R>) => {
    const stumbles = delivery.type === stumbleOn && delivery.history.length === 0
    const attempt: Effect.Effect<unknown, E | Stumbled, R> = stumbles ? Effect.fail(new Stumbled()) : handled
    return attempt.pipe(
      Effect.tapError(() => Effect.sync(() => (tally.handled.failedAttempts += 1))),
      Effect.timed,
      Effect.tap(([duration]) => Effect.sync(() => tally.handled.millis.add(Duration.toMillis(duration))))
    )
  }

  /** A webhook of an organization tells of its other repositories too: those are none of ours. */
  const changed = <E, R>(
    delivery: WebhookEvent.WebhookEvent,
    { action, repository, sender }: Change,
    refresh: Effect.Effect<unknown, E, R>,
    about: Readonly<Record<string, unknown>> = {}
  ) => {
    if (repository.full_name !== mirror.repository) return Effect.void
    const change = {
      type: `${delivery.type}.${action}`,
      data: { repository: repository.full_name, sender: sender.login, ...about }
    }
    return counted(delivery, Effect.andThen(refresh, announcer.announce(delivery, change)))
  }

  return Inbox.layerHandlers({
    source: "github",
    events,
    handle: {
      issues: (event, delivery) =>
        changed(delivery, event, mirror.refreshIssue(event.issue), { issue: event.issue.number }),
      issue_comment: ({ comment, issue, ...event }, delivery) =>
        changed(delivery, event, Effect.andThen(mirror.refreshIssue(issue), mirror.refreshComment(comment)), {
          issue: issue.number,
          comment: comment.id
        }),
      label: (event, delivery) =>
        changed(delivery, event, mirror.refreshLabel(event.label), { label: event.label.name }),
      repository: (event, delivery) => changed(delivery, event, mirror.refreshRepository),
      ping: () => Effect.void,
      meta: ({ hook_id }, delivery) =>
        counted(delivery, Effect.fail(Inbox.permanent(new WebhookDeleted({ hook: hook_id }))))
    },
    retry,
    concurrency: 8
  })
})

/** Handles what is in the inbox, as long as the Layer lives; events of other types are kept. */
export const layer = (options: Options) => Layer.unwrap(make(options))
