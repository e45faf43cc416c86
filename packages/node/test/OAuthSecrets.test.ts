/** Secrets of token requests, looked for in everything that can be seen when a server tells all that it was told. */
import {
  AuthorizationCode,
  ClientAuthentication,
  DeviceAuthorization,
  OAuth,
  OAuthClient,
  OAuthServer,
  Seal,
  Token,
  TokenLeaseSql,
  TokenStoreSql,
  Tokens
} from "@causeway/core/auth"
import { Sqlite } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Effect, Exit, Layer, Redacted, Result } from "effect"
import { FetchHttpClient } from "effect/http"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { inspect } from "node:util"
import { temporaryFile } from "./processes.ts"
import { answer, type Arrival, type Handler, serve } from "./server.ts"
import { views, watched } from "./watched.ts"

const planted = {
  client: "pl4nt3d/cl13nt+s3cr3t=&-of-32-characters",
  refresh: "pl4nt3d~r3fr3sh+t0k3n",
  access: "pl4nt3d~4cc3ss+t0k3n",
  code: "pl4nt3d~c0d3+0f/l0g1n",
  device: "pl4nt3d~d3v1c3+c0d3",
  subject: "pl4nt3d~subj3ct+t0k3n",
  assertion: "eyJhbGciOiJub25lIn0.pl4nt3d.4ss3rt10n"
} as const

/** A part of each that no encoding changes. */
const traces = ["cl13nt", "r3fr3sh", "4cc3ss", "0f/l0g1n", "d3v1c3", "subj3ct", "4ss3rt10n"]

const secret = (value: string) => Redacted.make(value)

const token = Token.make({
  accessToken: secret(planted.access),
  refreshToken: secret(planted.refresh),
  obtainedAt: 0
})

const callback = (begun: AuthorizationCode.Begun) => new URLSearchParams({ code: planted.code, state: begun.state })

const redirectUri = "https://app.example/callback"

const questions: Readonly<Record<string, (client: OAuthClient.OAuthClient) => Effect.Effect<unknown, unknown>>> = {
  "client credentials": (client) => OAuth.clientCredentials(client).obtain ?? Effect.void,
  "a refresh": (client) => OAuth.refresh(client, token),
  "an assertion": (client) => OAuth.jwtBearer(client, Effect.succeed(secret(planted.assertion))).obtain ?? Effect.void,
  "a token exchange": (client) =>
    OAuth.tokenExchange(client, {
      subject: Effect.succeed({ token: secret(planted.subject) }),
      actor: Effect.succeed({ token: secret(planted.access) })
    }).obtain ?? Effect.void,
  "a code": (client) =>
    Effect.flatMap(AuthorizationCode.begin(client, { redirectUri }), (begun) =>
      AuthorizationCode.finish(client, begun, callback(begun))
    ),
  "a device code": (client) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      DeviceAuthorization.poll(client, {
        deviceCode: secret(planted.device),
        userCode: "WDJB",
        verificationUri: "https://login.example",
        verificationUriComplete: undefined,
        // What is not well is polled until the code ends.
        expiresAt: now + 1_000,
        intervalMillis: 1
      })
    ),
  "a pushed request": (client) =>
    AuthorizationCode.begin(client, { redirectUri, push: true, parameters: { request: planted.assertion } }),
  "an introspection": (client) => OAuth.introspect(client, secret(planted.access)),
  "a revocation": (client) => OAuth.revoke(client, token)
}

const ways = {
  "in a header": ClientAuthentication.basic(Effect.succeed(secret(planted.client))),
  "among the parameters": ClientAuthentication.post(Effect.succeed(secret(planted.client))),
  "in an assertion": ClientAuthentication.secretJwt(Effect.succeed(secret(planted.client)))
}

/** All that a server was told, in every way in which servers say it. */
const told = ({ body, headers }: Arrival): string => {
  const form = body.toString()
  const header = String(headers.authorization)
  return [
    form,
    JSON.stringify(Object.fromEntries(new URLSearchParams(form))),
    Array.from(new URLSearchParams(form).values()).join(" "),
    header,
    Buffer.from(header.replace(/^Basic /, ""), "base64").toString()
  ].join("\n")
}

const answers: Readonly<Record<string, Handler>> = {
  "a refusal": (response, arrival) =>
    answer(response, 400, { error: "invalid_grant", error_description: told(arrival), error_uri: told(arrival) }),
  "a code of its own": (response, arrival) => answer(response, 400, { error: told(arrival) }),
  "a refused client": (response, arrival) =>
    answer(response, 401, { error: "invalid_client", error_description: told(arrival) }),
  "an outage": (response, arrival) =>
    answer(response, 503, { error: told(arrival) }, { "x-request-id": told(arrival).replace(/[^\x21-\x7e]/g, "") }),
  "no answer that can be read": (response, arrival) =>
    answer(response, 200, told(arrival), { "content-type": "application/json" }),
  "an answer of another shape": (response, arrival) =>
    answer(response, 200, { access_token: 1, [told(arrival)]: told(arrival), token_type: told(arrival) }),
  "a page": (response, arrival) => answer(response, 200, told(arrival)),
  "a redirect": (response, arrival) => answer(response, 302, "", { location: `/${encodeURIComponent(told(arrival))}` }),
  "a broken connection": (_, { socket }) => socket.resetAndDestroy()
}

const clientAt = (url: string, authentication: (typeof ways)[keyof typeof ways]) =>
  OAuthClient.make({
    integration: "test/Calendar",
    server: OAuthServer.make({
      issuer: url,
      authorizationEndpoint: `${url}/authorize`,
      tokenEndpoint: `${url}/token`,
      introspectionEndpoint: `${url}/introspect`,
      revocationEndpoint: `${url}/revoke`,
      pushedAuthorizationRequestEndpoint: `${url}/push`
    }),
    clientId: "c4us3w4y",
    authentication,
    policy: { retry: null }
  })

const assertClean = (texts: ReadonlyArray<string>) => {
  for (const text of texts) {
    for (const trace of traces) if (text.includes(trace)) assert.fail(`${trace} shows: ${text.slice(0, 2_000)}`)
  }
}

for (const [where, way] of Object.entries(ways)) {
  describe(`secrets, with that of the client ${where},`, () => {
    for (const [question, ask] of Object.entries(questions)) {
      it.live(`show nowhere when ${question} meets an indiscreet server`, () =>
        Effect.gen(function* () {
          for (const handle of Object.values(answers)) {
            const server = yield* serve(handle)
            const client = yield* clientAt(server.url, way)
            const { exit, seen, spans } = yield* watched(ask(client))
            assert.isAtLeast(spans.length, 1)
            const texts = [...seen, inspect(client, { depth: 20, showHidden: true }), JSON.stringify(client)]
            if (Exit.isFailure(exit)) {
              const error = Result.getOrThrow(Cause.findError(exit.cause))
              // Whatever a question fails with is an object.
              assertClean(views(error as object, exit.cause))
            } else {
              // A revocation has nothing to read.
              assert.strictEqual(question, "a revocation")
            }
            assertClean(texts)
            assert.isAtLeast(server.arrivals.length, 1)
          }
        }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
      )
    }
  })
}

describe("a token", () => {
  it.live("keeps what was sent with it, without what may be a secret", () =>
    Effect.gen(function* () {
      const body = {
        access_token: planted.access,
        token_type: "Bearer",
        refresh_token: planted.refresh,
        team: { id: "T1", bot_token: planted.subject },
        hooks: [{ url: "https://hooks.example", secret: planted.device }],
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        refresh_token_expires_in: 5
      }
      const server = yield* serve((response) => answer(response, 200, body))
      const client = yield* clientAt(server.url, ways["in a header"])
      const token = yield* OAuth.clientCredentials(client).obtain ?? Effect.die("no grant")
      assertClean([inspect(token, { depth: 20 }), JSON.stringify(token)])
      assert.deepStrictEqual(token.extra, {
        team: { id: "T1", bot_token: "<redacted>" },
        hooks: [{ url: "https://hooks.example", secret: "<redacted>" }],
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        refresh_token_expires_in: 5
      })
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )

  it.live("is stored sealed: no row of the database holds it", () =>
    Effect.gen(function* () {
      const body = {
        access_token: planted.access,
        token_type: "Bearer",
        refresh_token: planted.refresh,
        expires_in: 60
      }
      const server = yield* serve((response) => answer(response, 200, body))
      const filename = yield* temporaryFile
      const seal = Seal.layer([Seal.generateKey("test")])
      const places = Layer.mergeAll(TokenStoreSql.layer, TokenLeaseSql.layer).pipe(
        Layer.provide([Sqlite.layer({ filename }), seal])
      )
      const used = yield* Effect.gen(function* () {
        const client = yield* clientAt(server.url, ways["in a header"])
        const tokens = yield* Tokens.make({ integration: "test/Calendar", tenant: "acme" }, OAuth.refreshing(client))
        yield* tokens.set({ ...token, expiresAt: 1 })
        return yield* tokens.token
      }).pipe(Effect.scoped, Effect.provide(places))
      assert.strictEqual(Redacted.value(used.accessToken), planted.access)
      const files = readdirSync(dirname(filename)).map((name) => readFileSync(join(dirname(filename), name), "latin1"))
      assert.isAbove(files.join("").length, 1_000)
      assertClean(files)
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )
})
