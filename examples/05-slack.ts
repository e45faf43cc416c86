/**
 * 5. A provider like Slack: an error with `ok: false` and status 200 fails the call, is retried, and never ends a list.
 *
 * `npm run example 05-slack`. The provider is on this machine.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, Layer, Schedule, Schema, Stream } from "effect"
import { Secret } from "@causeway/core/auth"
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { Retry } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { SlackApi, SlackAuth } from "@causeway/providers/slack"
import * as Provider from "./providers/Slack.ts"

const Members = Schema.Struct({
  members: Schema.Array(Schema.Struct({ id: Schema.String })),
  response_metadata: Schema.optional(Schema.Struct({ next_cursor: Schema.String }))
})

class Slack extends Integration.Service<Slack>()("example/Slack", {
  baseUrl: Config.String("SLACK_URL"),
  failures: SlackApi.failures,
  endpoints: [
    Endpoint.get("usersList", "/users.list", {
      query: { cursor: Schema.optional(Schema.String), limit: Schema.optional(Schema.Int) },
      success: Members,
      // Slack's tier 2
      policy: { rateLimit: { limit: 20, window: "1 minute" } },
      pagination: Pagination.cursor(Members, {
        query: "cursor",
        next: (page) => page.response_metadata?.next_cursor,
        items: (page) => page.members
      })
    }),
    Endpoint.post("say", "/chat.postMessage", {
      payload: { channel: Schema.String, text: Schema.String },
      success: Schema.Struct({ ts: Schema.String }),
      // 1 per second and channel
      policy: { rateLimit: { limit: 1, window: "1 second" } }
    })
  ],
  policy: { retry: Retry.make({ schedule: Schedule.spaced("20 millis"), attempts: 3 }) }
}) {}

const program = Effect.gen(function* () {
  const slack = yield* Slack
  const members = yield* slack.usersList.items({ query: { limit: 1 } }).pipe(Stream.runCollect)
  yield* Console.log(members.map(({ id }) => id).join(", "))
  console.assert(members.length === 3)

  const posted = yield* slack.say({ payload: { channel: "C9", text: "Hello" } }).pipe(
    Effect.map(({ ts }) => ts),
    Effect.catchTag("SlackError", (refused) => Effect.succeed(refused.message))
  )
  yield* Console.log(posted)
  console.assert(posted === "Slack returned the error channel_not_found")
})

const live = Layer.unwrap(
  Effect.map(Provider.start(), (url) =>
    Slack.layer.pipe(
      Layer.provide([SlackAuth.token(Slack, Secret.config("SLACK_TOKEN", SlackAuth.forms.bot)), Transport.layer]),
      Layer.provide(
        ConfigProvider.layer(ConfigProvider.fromUnknown({ SLACK_URL: `${url}/api`, SLACK_TOKEN: "xoxb-1" }))
      )
    )
  )
)

program.pipe(Effect.provide(live), NodeRuntime.runMain)
