/** Odd answers of servers, judged by us, by oauth4webapi and by openid-client. Where we differ, the row says why. */
import { AuthorizationCode, DeviceAuthorization, OAuth } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as oauth from "oauth4webapi"
import * as openid from "openid-client"
import { answering, clientId, clientOver, codeOf, endpoints, issuer } from "./answering.ts"

/** `accepted` with what was understood, `refused` with the code, or `nothing`: no answer that could be read. */
type Decision = string

interface Row {
  readonly name: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly ours: Decision
  /** Only where the oracles decide otherwise, and then why we don't. */
  readonly theirs?: Decision
  readonly because?: string
}

const good = { access_token: "t0k3n", token_type: "Bearer", expires_in: 3_600 }
const accepted = "accepted Bearer 3600"

const rows: ReadonlyArray<Row> = [
  { name: "a plain one", body: good, ours: accepted },
  { name: "with a charset", headers: { "content-type": "application/json;charset=UTF-8" }, body: good, ours: accepted },
  {
    name: "with a space before the parameters of its type",
    headers: { "content-type": "application/json ; charset=utf-8" },
    body: good,
    ours: accepted
  },
  {
    name: "with its type in capitals",
    headers: { "content-type": "Application/JSON" },
    body: good,
    ours: accepted
  },
  { name: "a type in lower case", body: { ...good, token_type: "bearer" }, ours: accepted },
  { name: "a type in capitals", body: { ...good, token_type: "BEARER" }, ours: accepted },
  { name: "bound to a key", body: { ...good, token_type: "DPoP" }, ours: "accepted DPoP 3600" },
  { name: "no expiry", body: { ...good, expires_in: undefined }, ours: "accepted Bearer unknown" },
  { name: "an expiry of nothing", body: { ...good, expires_in: 0 }, ours: "accepted Bearer 0" },
  { name: "an expiry past 2^31", body: { ...good, expires_in: 4_294_967_296 }, ours: "accepted Bearer 4294967296" },
  { name: "a fraction of a second", body: { ...good, expires_in: 1.5 }, ours: "accepted Bearer 1.5" },
  { name: "members that nobody knows", body: { ...good, x: { y: [1] } }, ours: accepted },
  { name: "an empty scope", body: { ...good, scope: "" }, ours: accepted },
  { name: "no token", body: { token_type: "Bearer" }, ours: "nothing" },
  { name: "an empty token", body: { ...good, access_token: "" }, ours: "nothing" },
  { name: "a token that is a number", body: { ...good, access_token: 12 }, ours: "nothing" },
  { name: "a token that is null", body: { ...good, access_token: null }, ours: "nothing" },
  { name: "no type", body: { access_token: "t0k3n" }, ours: "nothing" },
  {
    name: "a type that nobody knows",
    body: { ...good, token_type: "mac" },
    ours: "accepted mac 3600",
    theirs: "nothing",
    because: "what is done with it is the stamp's business: `Tokens.byType` refuses it, with the type in its message"
  },
  {
    name: "an expiry in text",
    body: { ...good, expires_in: "3600" },
    ours: "nothing",
    theirs: accepted,
    because: "RFC 6749 §5.1 has a number: the quirk `textualExpiry` allows it"
  },
  {
    name: "an expiry of text that begins with a number",
    body: { ...good, expires_in: "36e4 or so" },
    ours: "nothing",
    theirs: "accepted Bearer 360000",
    because: "what is not understood as a whole is not understood"
  },
  { name: "an expiry before now", body: { ...good, expires_in: -1 }, ours: "nothing" },
  { name: "an expiry that is null", body: { ...good, expires_in: null }, ours: "nothing" },
  { name: "an expiry that is true", body: { ...good, expires_in: true }, ours: "nothing" },
  {
    name: "an expiry beyond numbers",
    body: '{"access_token":"t","token_type":"Bearer","expires_in":1e999}',
    ours: "nothing"
  },
  { name: "scopes as a list", body: { ...good, scope: ["read", "write"] }, ours: "nothing" },
  { name: "a refresh token that is null", body: { ...good, refresh_token: null }, ours: "nothing" },
  { name: "an empty refresh token", body: { ...good, refresh_token: "" }, ours: "nothing" },
  { name: "nothing at all", body: "", ours: "nothing" },
  { name: "a list", body: [good], ours: "nothing" },
  { name: "null", body: "null", ours: "nothing" },
  { name: "half an answer", body: '{"access_token":"t0k3n","token_', ours: "nothing" },
  { name: "a page", headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>", ours: "nothing" },
  {
    name: "JSON that says it is text",
    headers: { "content-type": "text/plain" },
    body: good,
    ours: "nothing",
    theirs: accepted,
    because: "RFC 6749 §5.1 asks for application/json: the quirk `untyped` allows it"
  },
  {
    name: "JSON without a type",
    headers: { "content-type": "" },
    body: good,
    ours: "nothing",
    theirs: accepted,
    because: "RFC 6749 §5.1 asks for application/json: the quirk `untyped` allows it"
  },
  {
    name: "a form",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "access_token=t&token_type=bearer",
    ours: "nothing"
  },
  { name: "201", status: 201, body: good, ours: "nothing" },
  { name: "204", status: 204, body: null, ours: "nothing" },
  { name: "302", status: 302, headers: { location: "https://elsewhere.example" }, body: "", ours: "nothing" },
  { name: "307", status: 307, headers: { location: "https://elsewhere.example" }, body: good, ours: "nothing" },
  { name: "404", status: 404, body: "no", ours: "nothing" },
  { name: "500", status: 500, body: "no", ours: "nothing" },
  {
    name: "502 of a proxy",
    status: 502,
    headers: { "content-type": "text/html" },
    body: "<h1>Bad Gateway</h1>",
    ours: "nothing"
  },
  { name: "503 with an error", status: 503, body: { error: "temporarily_unavailable" }, ours: "nothing" },
  {
    name: "429 with an error",
    status: 429,
    body: { error: "slow_down" },
    ours: "nothing",
    theirs: "refused slow_down",
    because: "a server that has no time has said nothing of the grant: the caller comes back later"
  },
  { name: "invalid_grant", status: 400, body: { error: "invalid_grant" }, ours: "refused invalid_grant" },
  {
    name: "invalid_scope",
    status: 400,
    body: { error: "invalid_scope", error_description: "no" },
    ours: "refused invalid_scope"
  },
  { name: "a code of its own", status: 400, body: { error: "consent_required" }, ours: "refused consent_required" },
  { name: "a refusal with 401", status: 401, body: { error: "invalid_client" }, ours: "refused invalid_client" },
  {
    name: "a refusal with 401 and a challenge",
    status: 401,
    headers: { "www-authenticate": 'Basic realm="x"' },
    body: { error: "invalid_client" },
    ours: "refused invalid_client",
    theirs: "nothing",
    because: "RFC 6749 §5.2 asks for this challenge beside the error, whose words say more"
  },
  {
    name: "401 without a word",
    status: 401,
    body: "",
    ours: "refused invalid_client",
    theirs: "nothing",
    because: "the status says that the client is not accepted, and a rotated secret may help"
  },
  { name: "a refusal with 403", status: 403, body: { error: "access_denied" }, ours: "refused access_denied" },
  {
    name: "a refusal that says it is text",
    status: 400,
    headers: { "content-type": "text/plain" },
    body: { error: "invalid_grant" },
    ours: "refused invalid_grant",
    theirs: "nothing",
    because: "nothing is given away by a no, and taking it for an outage would ask again and again"
  },
  {
    name: "server_error with 400",
    status: 400,
    body: { error: "server_error" },
    ours: "nothing",
    theirs: "refused server_error",
    because: "it says that the server is not well, which a later question may find otherwise"
  },
  { name: "an error that is empty", status: 400, body: { error: "" }, ours: "nothing" },
  {
    name: "an error that is an object",
    status: 400,
    body: { error: { code: 3 } },
    ours: "refused 3",
    theirs: "nothing",
    because: "Meta and others write refusals like this, and their code says more than that no OAuth error came"
  },
  { name: "an error inside 200", body: { error: "invalid_grant" }, ours: "nothing" },
  {
    name: "an ID token that is none",
    body: { ...good, id_token: "none" },
    ours: "nothing"
  },
  { name: "an ID token that is null", body: { ...good, id_token: null }, ours: "nothing" }
]

const responseOf = ({ body, headers = {}, status = 200 }: Row): Response => {
  const text = body === null ? null : typeof body === "string" ? body : JSON.stringify(body)
  const given = new Headers({ "content-type": "application/json", ...headers })
  if (headers["content-type"] === "") given.delete("content-type")
  return new Response(text === null ? null : new TextEncoder().encode(text), { status, headers: given })
}

const understood = (type: string, expiresIn: number | undefined): Decision =>
  `accepted ${type} ${expiresIn ?? "unknown"}`

const typeNames: Readonly<Record<string, string>> = { bearer: "Bearer", dpop: "DPoP" }

const refusedBy = (error: unknown): Decision =>
  error instanceof oauth.ResponseBodyError ? `refused ${error.error}` : "nothing"

const oursOf = (row: Row) =>
  Effect.gen(function* () {
    const client = yield* clientOver(answering(() => responseOf(row)).client)
    const exit = yield* Effect.exit(OAuth.clientCredentials(client).obtain!)
    if (Exit.isSuccess(exit)) {
      const { expiresAt, obtainedAt, tokenType } = exit.value
      return understood(tokenType, expiresAt === undefined ? undefined : (expiresAt - obtainedAt) / 1_000)
    }
    const error = yield* Effect.flip(exit)
    const code = codeOf(error)
    return code === undefined ? "nothing" : `refused ${code}`
  })

const as: oauth.AuthorizationServer = { issuer, token_endpoint: endpoints.tokenEndpoint }

const oauth4webapi = async (row: Row): Promise<Decision> => {
  try {
    const result = await oauth.processClientCredentialsResponse(as, { client_id: clientId }, responseOf(row))
    return understood(typeNames[result.token_type] ?? result.token_type, result.expires_in)
  } catch (error) {
    return refusedBy(error)
  }
}

const openidClient = async (row: Row): Promise<Decision> => {
  const config = new openid.Configuration(as, clientId, {}, openid.None())
  config[openid.customFetch] = () => Promise.resolve(responseOf(row))
  try {
    const result = await openid.clientCredentialsGrant(config)
    return understood(typeNames[result.token_type] ?? result.token_type, result.expires_in)
  } catch (error) {
    return error instanceof openid.ResponseBodyError ? `refused ${error.error}` : "nothing"
  }
}

const titleOf = ({ because, name, ours, theirs = ours }: Omit<Row, "body">): string =>
  `${name}: "${ours}" ${because === undefined ? "as by its peers" : `although its peers say "${theirs}": ${because}`}`

describe("an answer of a token endpoint", () => {
  for (const row of rows) {
    const theirs = row.theirs ?? row.ours
    it.effect(titleOf(row), () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* oursOf(row), row.ours)
        assert.strictEqual(yield* Effect.promise(() => oauth4webapi(row)), theirs, "oauth4webapi")
        assert.strictEqual(yield* Effect.promise(() => openidClient(row)), theirs, "openid-client")
      }).pipe(Effect.scoped)
    )
  }
})

const devices = {
  device_code: "d3v1c3",
  user_code: "WDJB-MJHT",
  verification_uri: "https://login.calendar.example/device",
  expires_in: 900,
  interval: 7
}

const deviceRows: ReadonlyArray<Row> = [
  { name: "a plain one", body: devices, ours: "accepted WDJB-MJHT 900 7" },
  { name: "no interval", body: { ...devices, interval: undefined }, ours: "accepted WDJB-MJHT 900 5" },
  { name: "no expiry", body: { ...devices, expires_in: undefined }, ours: "nothing" },
  { name: "no device code", body: { ...devices, device_code: undefined }, ours: "nothing" },
  { name: "an empty user code", body: { ...devices, user_code: "" }, ours: "nothing" },
  {
    name: "an expiry past 2^31",
    body: { ...devices, expires_in: 2 ** 32 },
    ours: "accepted WDJB-MJHT 86400 7",
    theirs: "accepted WDJB-MJHT 4294967296 7",
    because: "nobody waits for longer than a day"
  },
  {
    name: "an interval past 2^31",
    body: { ...devices, interval: 2 ** 32 },
    ours: "accepted WDJB-MJHT 900 4294967296"
  },
  {
    name: "an interval of nothing",
    body: { ...devices, interval: 0 },
    ours: "accepted WDJB-MJHT 900 1",
    theirs: "nothing",
    because: "the code is good, and once a second is often enough"
  },
  {
    name: "an interval in text",
    body: { ...devices, interval: "7" },
    ours: "nothing"
  },
  {
    name: "the name of the draft for the page",
    body: { ...devices, verification_uri: undefined, verification_url: devices.verification_uri },
    ours: "accepted WDJB-MJHT 900 7",
    theirs: "nothing",
    because: "Google and others have kept it"
  },
  {
    name: "a page that is a script",
    body: { ...devices, verification_uri: "javascript:alert(1)" },
    ours: "nothing",
    theirs: "accepted WDJB-MJHT 900 7",
    because: "a person is sent there"
  },
  { name: "a refusal", status: 400, body: { error: "invalid_scope" }, ours: "refused invalid_scope" },
  { name: "a page", headers: { "content-type": "text/html" }, body: "<h1>", ours: "nothing" }
]

const ourDevice = (row: Row) =>
  Effect.gen(function* () {
    const client = yield* clientOver(answering(() => responseOf(row)).client)
    const exit = yield* Effect.exit(DeviceAuthorization.begin(client))
    if (Exit.isSuccess(exit)) {
      const { expiresAt, intervalMillis, userCode } = exit.value
      return `accepted ${userCode} ${expiresAt / 1_000} ${intervalMillis / 1_000}`
    }
    const code = codeOf(yield* Effect.flip(exit))
    return code === undefined ? "nothing" : `refused ${code}`
  })

const theirDevice = async (row: Row): Promise<Decision> => {
  try {
    const answer = await oauth.processDeviceAuthorizationResponse(as, { client_id: clientId }, responseOf(row))
    return `accepted ${answer.user_code} ${answer.expires_in} ${answer.interval ?? 5}`
  } catch (error) {
    return refusedBy(error)
  }
}

describe("an answer of a device authorization endpoint", () => {
  for (const row of deviceRows) {
    it.effect(titleOf(row), () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* ourDevice(row), row.ours)
        assert.strictEqual(yield* Effect.promise(() => theirDevice(row)), row.theirs ?? row.ours, "oauth4webapi")
      }).pipe(Effect.scoped)
    )
  }
})

interface CallbackRow {
  readonly name: string
  /** What comes back; STATE is the state of the login. */
  readonly query: string
  readonly promises?: boolean
  readonly ours: string
  readonly theirs: "accepted" | "refused" | "nothing"
}

const named = `iss=${encodeURIComponent(issuer)}`

const callbackRows: ReadonlyArray<CallbackRow> = [
  { name: "a code", query: "code=c0de&state=STATE", ours: "accepted", theirs: "accepted" },
  { name: "a code of a named server", query: `code=c0de&state=STATE&${named}`, ours: "accepted", theirs: "accepted" },
  {
    name: "a named server where it is promised",
    promises: true,
    query: `code=c0de&state=STATE&${named}`,
    ours: "accepted",
    theirs: "accepted"
  },
  {
    name: "no name where it is promised",
    promises: true,
    query: "code=c0de&state=STATE",
    ours: "issuer",
    theirs: "nothing"
  },
  {
    name: "the name of another server",
    query: "code=c0de&state=STATE&iss=https%3A%2F%2Fevil.example",
    ours: "issuer",
    theirs: "nothing"
  },
  { name: "the name with a slash", query: `code=c0de&state=STATE&${named}%2F`, ours: "issuer", theirs: "nothing" },
  {
    name: "two names",
    query: `code=c0de&state=STATE&${named}&iss=https%3A%2F%2Fevil.example`,
    ours: "issuer",
    theirs: "nothing"
  },
  { name: "no state", query: "code=c0de", ours: "state", theirs: "nothing" },
  { name: "an empty state", query: "code=c0de&state=", ours: "state", theirs: "nothing" },
  { name: "another login's state", query: "code=c0de&state=an0th3r", ours: "state", theirs: "nothing" },
  { name: "two states", query: "code=c0de&state=STATE&state=an0th3r", ours: "state", theirs: "nothing" },
  { name: "no code", query: "state=STATE", ours: "code", theirs: "nothing" },
  { name: "an empty code", query: "code=&state=STATE", ours: "code", theirs: "nothing" },
  { name: "two codes", query: "code=c0de&code=1nj3ct3d&state=STATE", ours: "code", theirs: "nothing" },
  {
    name: "a token in the place of a code",
    query: "access_token=t&token_type=bearer&state=STATE",
    ours: "code",
    theirs: "nothing"
  },
  { name: "a refusal", query: "error=access_denied&state=STATE", ours: "AccessDenied", theirs: "refused" },
  { name: "a refusal of no login", query: "error=access_denied", ours: "state", theirs: "nothing" },
  {
    name: "a refusal and a code",
    query: "error=access_denied&code=c0de&state=STATE",
    ours: "AccessDenied",
    theirs: "refused"
  },
  {
    name: "a refusal of another server",
    query: "error=access_denied&state=STATE&iss=https%3A%2F%2Fevil.example",
    ours: "issuer",
    theirs: "nothing"
  }
]

const redirectUri = "https://app.example/callback"

const callbackOf = ({ query }: CallbackRow, state: string) => `${redirectUri}?${query.replace("STATE", state)}`

const ourCallback = (row: CallbackRow) =>
  Effect.gen(function* () {
    const server = { namesItselfInCallbacks: row.promises ?? false }
    const client = yield* clientOver(answering(() => Response.json(good)).client, { server })
    const begun = yield* AuthorizationCode.begin(client, { redirectUri })
    const finished = AuthorizationCode.finish(client, begun, callbackOf(row, begun.state))
    return yield* Effect.match(finished, {
      onSuccess: () => "accepted",
      onFailure: ({ reason }) => (reason._tag === "InvalidCallback" ? reason.why : reason._tag)
    })
  })

const theirCallback = async (row: CallbackRow): Promise<string> => {
  const promised = { ...as, authorization_response_iss_parameter_supported: row.promises ?? false }
  const config = new openid.Configuration(promised, clientId, {}, openid.None())
  config[openid.customFetch] = () => Promise.resolve(Response.json(good))
  const checks = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: "th3st4t3" }
  try {
    await openid.authorizationCodeGrant(config, new URL(callbackOf(row, checks.expectedState)), checks)
    return "accepted"
  } catch (error) {
    return error instanceof openid.AuthorizationResponseError ? "refused" : "nothing"
  }
}

describe("a callback", () => {
  for (const row of callbackRows) {
    it.effect(`with ${row.name} is ${row.ours}, and "${row.theirs}" by openid-client`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* ourCallback(row), row.ours)
        assert.strictEqual(yield* Effect.promise(() => theirCallback(row)), row.theirs)
      }).pipe(Effect.scoped)
    )
  }
})
