/**
 * Passes changes on to the subscriber, as signed webhooks of the mirror's own.
 */
import { type WebhookError, type WebhookEvent, WebhookSender } from "@causeway/core/webhook"
import { Config, Context, Duration, Effect, Layer, Option } from "effect"
import { Tally } from "./Tally.ts"

/** A change, as the subscriber is told of it. */
export interface Change {
  /** Such as `issues.closed`. */
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

export class Announcer extends Context.Service<
  Announcer,
  {
    /**
     * Tells the subscriber what an event of GitHub has changed. The same event has the same id however often it is
     * announced; what the subscriber doesn't take is kept as a dead letter.
     */
    readonly announce: (
      cause: WebhookEvent.WebhookEvent,
      change: Change
    ) => Effect.Effect<void, WebhookError.WebhookError>
  }
>()("mirror/Announcer") {}

const subscription = Config.all({
  url: Config.String("SUBSCRIBER_URL"),
  secret: Config.Redacted("SUBSCRIBER_SECRET")
})

const make = Effect.gen(function* () {
  const subscriber = yield* Config.option(subscription)
  if (Option.isNone(subscriber)) return Announcer.of({ announce: () => Effect.void })
  const sender = yield* WebhookSender.WebhookSender
  const { announced } = yield* Tally
  const { secret, url } = subscriber.value
  return Announcer.of({
    announce: ({ id, receivedAt: timestamp }, change) =>
      sender.send({ url, secret, destination: "subscriber", event: { ...change, id, timestamp } }).pipe(
        Effect.map(({ elapsed }) => {
          announced.delivered += 1
          announced.millis.add(Duration.toMillis(elapsed))
        }),
        Effect.catchTag("DeliveryFailed", () => Effect.sync(() => void (announced.dead += 1)))
      )
  })
})

/** To the subscriber at `SUBSCRIBER_URL`, signed with `SUBSCRIBER_SECRET`; to nobody when those are not set. */
export const layer = Layer.effect(Announcer, make)
