/**
 * A GitHub and a subscriber to rehearse with: two child processes, and a configuration that leads to them.
 *
 * The program reads where GitHub is and who it is itself from its configuration. This Layer starts the processes of
 * `sandbox/` and `subscriber/` and provides that configuration, with secrets drawn anew for each run; without it the
 * same program reads the environment and talks to the real ones.
 */
import { NodeServices } from "@effect/platform-node"
import { ConfigProvider, Context, Data, Effect, Layer, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { randomBytes } from "node:crypto"
import { fileURLToPath } from "node:url"
import type { Ledger } from "./sandbox/Ledger.ts"
import type { Ledger as SubscriberLedger } from "./subscriber/Ledger.ts"

/** A process of the sandbox did not start, or did not answer. */
export class SandboxError extends Data.TaggedError("SandboxError")<{ readonly message: string }> {}

/** What the two processes say they did. */
export interface Ledgers {
  readonly github: Ledger
  readonly subscriber: SubscriberLedger
}

export interface Options {
  /** The seed of the faults and of the order of deliveries. */
  readonly seed: number
  /** Makes the sandbox claim one event more than it sent, to see the audit fail. */
  readonly plantImbalance: boolean
}

export class Sandbox extends Context.Service<
  Sandbox,
  {
    readonly seed: number
    /** Lets GitHub send all its webhooks to a URL. */
    readonly deliver: (url: string) => Effect.Effect<void, SandboxError>
    readonly ledgers: Effect.Effect<Ledgers, SandboxError>
  }
>()("mirror/Sandbox") {}

/** Starts both processes; they end with the Layer, and when this process dies. */
export const layer = (options: Options): Layer.Layer<Sandbox, SandboxError> =>
  Layer.unwrap(Effect.map(start(options), ({ config, sandbox }) => Layer.merge(sandbox, config))).pipe(
    Layer.provide(NodeServices.layer)
  )

const start = Effect.fnUntraced(function* ({ plantImbalance, seed }: Options) {
  const token = drawSecret()
  const webhookSecret = drawSecret()
  const subscriberSecret = `whsec_${randomBytes(24).toString("base64")}`
  const flags = ["--seed", String(seed), ...(plantImbalance ? ["--plant-imbalance"] : [])]
  const github = yield* run("sandbox/main.ts", flags, { SANDBOX_TOKEN: token })
  const subscriber = yield* run("subscriber/main.ts", [], { SUBSCRIBER_SECRET: subscriberSecret })
  const sandbox = Sandbox.of({
    seed,
    deliver: (url) => ask(`${github}/_sandbox/deliver`, { url, secret: webhookSecret }),
    ledgers: Effect.all({
      github: ask<Ledger>(`${github}/_sandbox/ledger`),
      subscriber: ask<SubscriberLedger>(`${subscriber}/_subscriber/ledger`)
    })
  })
  const config = ConfigProvider.fromUnknown({
    GITHUB_API_URL: github,
    GITHUB_TOKEN: token,
    GITHUB_WEBHOOK_SECRET: webhookSecret,
    SUBSCRIBER_URL: subscriber,
    SUBSCRIBER_SECRET: subscriberSecret
  })
  return { sandbox: Layer.succeed(Sandbox, sandbox), config: ConfigProvider.layer(config) }
})

const drawSecret = () => randomBytes(24).toString("base64url")

const Started = Schema.fromJsonString(Schema.Struct({ url: Schema.String }))

/** Runs a script of this folder and waits for the line in which it tells its URL. */
const run = Effect.fnUntraced(
  function* (script: string, flags: ReadonlyArray<string>, env: Record<string, string>) {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const child = yield* ChildProcess.make(process.execPath, [path, ...flags], {
      env,
      extendEnv: true,
      stderr: "inherit",
      forceKillAfter: "2 seconds"
    })
    const line = yield* child.stdout.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runHead,
      Effect.flatMap(Effect.fromOption)
    )
    const { url } = yield* Schema.decodeEffect(Started)(line)
    return url
  },
  (effect, script) =>
    Effect.mapError(
      Effect.timeout(effect, "10 seconds"),
      (cause) => new SandboxError({ message: `${script} did not start: ${cause.message}` })
    )
)

const ask = <A>(url: string, body?: object): Effect.Effect<A, SandboxError> =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(
        url,
        body === undefined ? { signal } : { signal, method: "POST", body: JSON.stringify(body) }
      )
      // Both processes are part of this example, and share the types of their ledgers with it.
      return (await response.json()) as A
    },
    catch: (cause) => new SandboxError({ message: `the sandbox did not answer: ${String(cause)}` })
  })
