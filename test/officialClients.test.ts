/** The official clients of Stripe and OpenAI, and Causeway, send the same requests to one server. */
import OpenAI, { toFile } from "openai"
import { Buffer } from "node:buffer"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import { buffer } from "node:stream/consumers"
import { Config, ConfigProvider, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Stripe } from "stripe"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Events, FormStyle, Integration, Pagination } from "@causeway/core/client"
import { Policy, Retry } from "@causeway/core/policy"
import { Transport } from "@causeway/node"

interface Sent {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

const seen: Array<Sent> = []

/** What the server answers to one path; a list comes in two pages. */
const answerTo = (url: URL, body: string): string => {
  const after = url.searchParams.get("starting_after") ?? url.searchParams.get("after")
  const list = { object: "list", has_more: after === null, data: [{ id: after === null ? "a" : "b" }] }
  if (url.pathname.endsWith("/customers") && url.search !== "") return JSON.stringify(list)
  if (url.pathname.endsWith("/files") && !body.includes("form-data")) return JSON.stringify(list)
  if (body.includes('"stream":true')) return 'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n'
  if (url.pathname.endsWith("/embeddings")) return JSON.stringify({ data: [{ index: 0, embedding: [0.5] }] })
  return JSON.stringify({ id: "x", choices: [] })
}

const server = createServer(async (request, response) => {
  const { headers, method, url = "/" } = request
  const body = (await buffer(request)).toString("latin1")
  seen.push({ method, url, headers, body })
  const answer = answerTo(new URL(url, "http://127.0.0.1"), body)
  const type = answer.startsWith("data:") ? "text/event-stream" : "application/json"
  response.writeHead(200, { "content-type": type }).end(answer)
})

let port = 0

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  port = typeof address === "object" && address !== null ? address.port : 0
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
})

beforeEach(() => void (seen.length = 0))

/**
 * The parts of a request that do not depend on the client: of an idempotency key only that there is one, and of the content type only that of a
 * body, because stripe-node states one for requests that have none.
 */
const comparable = ({ body, headers, method, url }: Sent) => ({
  method,
  url,
  body,
  headers: {
    authorization: headers["authorization"],
    "content-type": body === "" ? undefined : headers["content-type"],
    "content-length": headers["content-length"],
    "stripe-version": headers["stripe-version"],
    "stripe-account": headers["stripe-account"],
    "idempotency-key": headers["idempotency-key"] === undefined ? "none" : "some"
  }
})

/** Makes the same call with both, and compares what the server got. */
const compare = async (official: () => Promise<unknown>, ours: () => Promise<unknown>) => {
  await official()
  const expected = seen.splice(0).map(comparable)
  await ours()
  expect(seen.map(comparable)).toEqual(expected)
  expect(expected.length).toBeGreaterThan(0)
  return expected
}

const Customer = Schema.Struct({ id: Schema.String })
const Customers = Schema.Struct({ has_more: Schema.Boolean, data: Schema.Array(Customer) })
const stripeStyle = FormStyle.make({ arrays: "indices", brackets: "literal", spaces: "percent", empty: "omit" })
const expand = Schema.optional(Schema.Array(Schema.String))
const keyed = Retry.make({ idempotencyKeyHeader: "Idempotency-Key", attempts: 3 })

const nested = {
  customer: "cus_1",
  items: [{ price: "price_1", quantity: 2 }, { price: "price_2" }],
  metadata: { order: "1", "a b": "ü&=+'()!*~" },
  expand: ["customer", "latest_invoice.payment_intent"],
  off_session: true,
  description: ""
}

const stripeEndpoints = [
  Endpoint.post("createSubscription", "/v1/subscriptions", {
    payload: Schema.Struct({
      customer: Schema.String,
      items: Schema.Array(Schema.Struct({ price: Schema.String, quantity: Schema.optional(Schema.Int) })),
      metadata: Schema.Record(Schema.String, Schema.String),
      expand,
      off_session: Schema.Boolean,
      description: Schema.String
    }).pipe(HttpApiSchema.asFormUrlEncoded()),
    formStyle: stripeStyle,
    success: Customer,
    policy: { retry: keyed }
  }),
  Endpoint.get("retrieveCustomer", "/v1/customers/:id", {
    params: { id: Schema.String },
    query: { expand },
    queryStyle: stripeStyle,
    success: Customer
  }),
  Endpoint.get("listCustomers", "/v1/customers", {
    query: {
      limit: Schema.Int,
      created: Schema.Struct({ gte: Schema.Int }),
      starting_after: Schema.optional(Schema.String)
    },
    queryStyle: stripeStyle,
    success: Customers,
    pagination: Pagination.cursor(Customers, {
      query: "starting_after",
      hasMore: (page) => page.has_more,
      next: (page) => page.data.at(-1)?.id,
      items: (page) => page.data
    })
  }),
  Endpoint.delete("deleteCustomer", "/v1/customers/:id", { params: { id: Schema.String }, success: Customer })
] as const

const version = "2026-01-28.test"

class OurStripe extends Integration.Service<OurStripe>()("test/Stripe", {
  baseUrl: Config.String("SERVER"),
  headers: { "Stripe-Version": version },
  endpoints: stripeEndpoints,
  policy: Policy.none
}) {}

const key = Effect.succeed(Redacted.make("sk_test_1"))
const serverConfig = () => ConfigProvider.layer(ConfigProvider.fromUnknown({ SERVER: `http://127.0.0.1:${port}` }))

const runStripe = <A, E>(program: Effect.Effect<A, E, OurStripe>) =>
  Effect.runPromise(
    Effect.provide(
      program,
      OurStripe.layer.pipe(Layer.provide([Auth.bearer(OurStripe, key), Transport.layer]), Layer.provide(serverConfig()))
    )
  )

const theirStripe = () =>
  new Stripe("sk_test_1", { host: "127.0.0.1", port, protocol: "http", telemetry: false, apiVersion: version as never })

describe("the official client of Stripe and Causeway send the same", () => {
  test("creation with nested data in a form and an idempotency key", async () => {
    const [sent] = await compare(
      () => theirStripe().subscriptions.create(nested),
      () => runStripe(Effect.flatMap(OurStripe, (stripe) => stripe.createSubscription({ payload: nested })))
    )
    expect(sent?.body).toContain("items[0][price]=price_1&items[0][quantity]=2&items[1][price]=price_2")
    expect(sent?.headers["idempotency-key"]).toBe("some")
  })

  test("a key that the caller gives", async () => {
    expect(
      await compare(
        () => theirStripe().subscriptions.create(nested, { idempotencyKey: "k-1" }),
        () =>
          runStripe(
            Effect.flatMap(OurStripe, (stripe) =>
              stripe.createSubscription({ payload: nested }, { idempotencyKey: "k-1" })
            )
          )
      )
    ).toHaveLength(1)
  })

  test("one object with expanded fields", async () => {
    const [sent] = await compare(
      () => theirStripe().customers.retrieve("cus 1/x", { expand: ["default_source", "tax"] }),
      () =>
        runStripe(
          Effect.flatMap(OurStripe, (stripe) =>
            stripe.retrieveCustomer({ params: { id: "cus 1/x" }, query: { expand: ["default_source", "tax"] } })
          )
        )
    )
    expect(sent?.url).toBe("/v1/customers/cus%201%2Fx?expand[0]=default_source&expand[1]=tax")
  })

  test("a list, page after page", async () => {
    const query = { limit: 1, created: { gte: 1_700_000_000 } }
    const sent = await compare(
      async () => {
        for await (const _ of theirStripe().customers.list(query)) continue
      },
      () => runStripe(Effect.flatMap(OurStripe, (stripe) => Stream.runCollect(stripe.listCustomers.items({ query }))))
    )
    expect(sent.length).toBe(2)
  })

  test("a deletion", async () => {
    expect(
      await compare(
        () => theirStripe().customers.del("cus_1"),
        () => runStripe(Effect.flatMap(OurStripe, (stripe) => stripe.deleteCustomer({ params: { id: "cus_1" } })))
      )
    ).toHaveLength(1)
  })
})

const Message = Schema.Struct({ role: Schema.Literals(["system", "user"]), content: Schema.String })
const chat = { model: Schema.String, messages: Schema.Array(Message), temperature: Schema.optionalKey(Schema.Number) }
const Files = Schema.Struct({ has_more: Schema.Boolean, data: Schema.Array(Schema.Struct({ id: Schema.String })) })

class OurOpenAI extends Integration.Service<OurOpenAI>()("test/OpenAI", {
  baseUrl: Config.String("SERVER"),
  endpoints: [
    Endpoint.post("chat", "/v1/chat/completions", { payload: chat, success: Schema.Unknown }),
    Endpoint.post("streamedChat", "/v1/chat/completions", {
      payload: { ...chat, stream: Schema.Literal(true) },
      success: Events.make({ data: Schema.Unknown, done: "[DONE]" })
    }),
    Endpoint.post("embed", "/v1/embeddings", {
      payload: { input: Schema.String, model: Schema.String, encoding_format: Schema.Literals(["float", "base64"]) },
      success: Schema.Unknown
    }),
    Endpoint.get("files", "/v1/files", {
      query: { limit: Schema.optional(Schema.Int), after: Schema.optional(Schema.String) },
      success: Files,
      pagination: Pagination.cursor(Files, {
        query: "after",
        hasMore: (page) => page.has_more,
        next: (page) => page.data.at(-1)?.id,
        items: (page) => page.data
      })
    }),
    Endpoint.post("upload", "/v1/files", {
      payload: Schema.Struct({ purpose: Schema.String }).pipe(HttpApiSchema.asMultipart()),
      success: Schema.Unknown
    })
  ],
  policy: Policy.none
}) {}

const runOpenAI = <A, E>(program: Effect.Effect<A, E, OurOpenAI>) =>
  Effect.runPromise(
    Effect.provide(
      program,
      OurOpenAI.layer.pipe(Layer.provide([Auth.bearer(OurOpenAI, key), Transport.layer]), Layer.provide(serverConfig()))
    )
  )

const theirOpenAI = () => new OpenAI({ apiKey: "sk_test_1", baseURL: `http://127.0.0.1:${port}/v1` })

const conversation = {
  model: "m",
  messages: [{ role: "user", content: 'Grüße, "you" \u2028' }],
  temperature: 0.1
} as const

describe("the official client of OpenAI and Causeway send the same", () => {
  test("a chat", async () => {
    expect(
      await compare(
        () => theirOpenAI().chat.completions.create({ ...conversation, messages: [...conversation.messages] }),
        () => runOpenAI(Effect.flatMap(OurOpenAI, (openai) => openai.chat({ payload: conversation })))
      )
    ).toHaveLength(1)
  })

  test("a chat that is streamed", async () => {
    const payload = { ...conversation, stream: true } as const
    expect(
      await compare(
        async () => {
          const stream = await theirOpenAI().chat.completions.create({ ...payload, messages: [...payload.messages] })
          for await (const _ of stream) continue
        },
        () =>
          runOpenAI(
            Effect.flatMap(OurOpenAI, (openai) => Stream.runDrain(Stream.unwrap(openai.streamedChat({ payload }))))
          )
      )
    ).toHaveLength(1)
  })

  test("embeddings", async () => {
    const payload = { input: "text", model: "m", encoding_format: "float" } as const
    expect(
      await compare(
        () => theirOpenAI().embeddings.create(payload),
        () => runOpenAI(Effect.flatMap(OurOpenAI, (openai) => openai.embed({ payload })))
      )
    ).toHaveLength(1)
  })

  test("files, page after page", async () => {
    const sent = await compare(
      async () => {
        for await (const _ of theirOpenAI().files.list({ limit: 1 })) continue
      },
      () =>
        runOpenAI(Effect.flatMap(OurOpenAI, (openai) => Stream.runCollect(openai.files.items({ query: { limit: 1 } }))))
    )
    expect(sent.length).toBe(2)
  })

  test("an upload, but for the boundary of its parts", async () => {
    const boundless = ({ body, headers, method, url }: Sent) => {
      const boundary = /boundary=(.*)/.exec(headers["content-type"] ?? "")?.[1] ?? "none"
      return { method, url, body: body.replaceAll(boundary, "boundary") }
    }
    const content = Buffer.from('{"a":1}\n')
    await theirOpenAI().files.create({
      file: await toFile(content, "ä.jsonl", { type: "application/jsonl" }),
      purpose: "batch"
    })
    const expected = seen.splice(0).map(boundless)
    const payload = new FormData()
    payload.set("file", new File([content], "ä.jsonl", { type: "application/jsonl" }))
    payload.set("purpose", "batch")
    // The parts are given as they are sent.
    await runOpenAI(Effect.flatMap(OurOpenAI, (openai) => openai.upload({ payload })))
    expect(seen.map(boundless)).toEqual(expected)
  })
})
