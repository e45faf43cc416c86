/**
 * 7. A provider like Salesforce: a token that is renewed when it is rejected, queries in pages, locked rows.
 *
 * `npm run example 07-salesforce`. The provider is on this machine.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, Layer, Schedule, Schema, Stream } from "effect"
import {
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthServer,
  TokenLease,
  Tokens,
  TokenStore
} from "@causeway/core/auth"
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { ErrorCodes, Retry } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import * as Provider from "./providers/Salesforce.ts"

const Account = Schema.Struct({ Id: Schema.String, Name: Schema.String })

const Accounts = Schema.Struct({
  done: Schema.Boolean,
  nextRecordsUrl: Schema.optional(Schema.String),
  records: Schema.Array(Account)
})

// Salesforce returns errors as a list.
const Refused = Schema.NonEmptyArray(Schema.Struct({ message: Schema.String, errorCode: Schema.String }))

class Salesforce extends Integration.Service<Salesforce>()("example/Salesforce", {
  // The instance of the organization, from the token response.
  baseUrl: Config.String("INSTANCE_URL"),
  endpoints: [
    Endpoint.get("query", "/services/data/v62.0/query", {
      query: { q: Schema.String },
      success: Accounts,
      pagination: Pagination.nextUrl(Accounts, {
        next: (page) => page.nextRecordsUrl,
        hasMore: (page) => !page.done,
        items: (page) => page.records
      })
    }),
    // Writing the same fields twice is safe.
    Endpoint.patch("updateAccount", "/services/data/v62.0/sobjects/Account/:id", {
      params: { id: Schema.String },
      payload: { Name: Schema.String },
      errors: { 400: Refused },
      idempotent: true
    })
  ],
  // Limits are a 403, locked rows a 400.
  classify: ErrorCodes.classify("salesforce"),
  policy: {
    retry: Retry.make({ schedule: Schedule.exponential("20 millis").pipe(Schedule.jittered), attempts: 3 })
  }
}) {}

const program = Effect.gen(function* () {
  const salesforce = yield* Salesforce
  const accounts = yield* salesforce.query
    .items({ query: { q: "SELECT Id, Name FROM Account" } })
    .pipe(Stream.runCollect)
  yield* Console.log(accounts.map(({ Name }) => Name).join(", "))
  console.assert(accounts.length === 2)

  const update = (Name: string) =>
    salesforce.updateAccount({ params: { id: "0011" }, payload: { Name } }).pipe(
      Effect.as("updated"),
      Effect.catchIf(Schema.is(Refused), ([first]) => Effect.succeed(first.errorCode))
    )
  const outcomes = [yield* update("Acme"), yield* update("")]
  yield* Console.log(outcomes.join(", "))
  console.assert(outcomes.join() === "updated,REQUIRED_FIELD_MISSING")
})

const live = Layer.unwrap(
  Effect.map(Provider.start(), (url) => {
    const client = OAuthClient.make({
      integration: Salesforce,
      server: OAuthServer.make({ tokenEndpoint: `${url}/services/oauth2/token` }),
      clientId: "connected-app",
      authentication: ClientAuthentication.post(Config.Redacted("CLIENT_SECRET"))
    })
    const grant = Effect.map(client, (client) => OAuth.clientCredentials(client))
    return Salesforce.layer.pipe(
      Layer.provide(Tokens.layer(Salesforce, grant)),
      Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory, Transport.layer]),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ INSTANCE_URL: url, CLIENT_SECRET: "secret" })))
    )
  })
)

program.pipe(Effect.provide(live), NodeRuntime.runMain)
