/**
 * 4. A provider like OpenAI: a chat, the same chat as a stream, and a budget of tokens.
 *
 * `npm run example 04-openai`. The provider is on this machine.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, Layer, Schedule, Schema, Stream } from "effect"
import { Auth, Secret } from "@causeway/core/auth"
import { Endpoint, Events, Integration } from "@causeway/core/client"
import { ErrorCodes, Retry } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import * as Provider from "./providers/OpenAI.ts"

const Message = Schema.Struct({ role: Schema.Literals(["system", "user", "assistant"]), content: Schema.String })

const payload = { model: Schema.String, messages: Schema.Array(Message) }

const Chat = Schema.Struct({
  choices: Schema.Array(Schema.Struct({ message: Message })),
  usage: Schema.Struct({ total_tokens: Schema.Int })
})

const Chunk = Schema.Struct({
  choices: Schema.Array(Schema.Struct({ delta: Schema.Struct({ content: Schema.optional(Schema.String) }) }))
})

// An overloaded model has processed nothing: the POST may be repeated after a 429 and a 503.
const unprocessed = [429, 503]

class OpenAI extends Integration.Service<OpenAI>()("example/OpenAI", {
  baseUrl: Config.String("OPENAI_URL"),
  endpoints: [
    Endpoint.post("chat", "/v1/chat/completions", {
      payload,
      success: Chat,
      unprocessed,
      // 30,000 tokens a minute: the call takes an estimate, which is corrected by the usage in its answer.
      policy: {
        rateLimit: {
          limit: 30_000,
          window: "1 minute",
          costOf: ({ value }) => (Schema.is(Chat)(value) ? value.usage.total_tokens : undefined)
        }
      }
    }),
    Endpoint.post("streamedChat", "/v1/chat/completions", {
      payload: { ...payload, stream: Schema.Literal(true) },
      success: Events.make({ data: Chunk, done: "[DONE]" }),
      unprocessed
    })
  ],
  // An exhausted quota is a 429 too, but no wait helps.
  classify: ErrorCodes.classify("openai"),
  policy: {
    timeout: "1 minute",
    deadline: "2 minutes",
    retry: Retry.make({ schedule: Schedule.exponential("200 millis").pipe(Schedule.jittered), attempts: 4 })
  }
}) {}

const question = { model: "small", messages: [{ role: "user", content: "Hello?" }] } as const

const program = Effect.gen(function* () {
  const openai = yield* OpenAI
  const { choices, usage } = yield* openai.chat({ payload: question }, { tokens: 500 })
  const answer = choices[0]?.message.content
  yield* Console.log(`${answer} (${usage.total_tokens} tokens)`)
  console.assert(answer === "Hello")

  const chunks = yield* openai.streamedChat({ payload: { ...question, stream: true } })
  const words = yield* chunks.pipe(
    Stream.map(({ choices }) => choices[0]?.delta.content ?? ""),
    Stream.runCollect
  )
  yield* Console.log(words.join(""))
  console.assert(words.join("") === "Grüezi mitenand")
})

const live = Layer.unwrap(
  Effect.map(Provider.start(), (url) =>
    OpenAI.layer.pipe(
      Layer.provide([Auth.bearer(OpenAI, Secret.config("OPENAI_KEY")), Transport.layer]),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ OPENAI_URL: url, OPENAI_KEY: "sk-1" })))
    )
  )
)

program.pipe(Effect.provide(live), NodeRuntime.runMain)
