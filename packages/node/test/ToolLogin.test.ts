import { NodeHttpServer } from "@effect/platform-node"
import {
  type AuthError,
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  OAuthServer,
  type Token,
  ToolLogin
} from "@causeway/core/auth"
import { Browser, Loopback } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Console, Deferred, Effect, Exit, Fiber, Layer, type Scope } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { createServer, request } from "node:http"
import { oidcServer } from "../../core/test/auth/oauth/oidcServer.ts"
import { Person } from "../../core/test/auth/oauth/person.ts"

/** A page of this port, asked for as `host`. */
const ask = (url: string, { host = new URL(url).host, method = "GET" } = {}) =>
  Effect.callback<{ readonly status: number; readonly body: string; readonly headers: Record<string, unknown> }, Error>(
    (resume) => {
      const sent = request(url, { method, headers: { host }, agent: false }, (response) => {
        let body = ""
        response.on("data", (chunk: Buffer) => (body += chunk.toString()))
        response.on("end", () =>
          resume(Effect.succeed({ status: response.statusCode ?? 0, body, headers: response.headers }))
        )
      })
      sent.on("error", (error) => resume(Effect.fail(error)))
      sent.end()
    }
  )

interface Running {
  /** Where the person is sent. */
  readonly url: string
  /** Where they come back to. */
  readonly redirectUri: string
  readonly state: string
  readonly result: Fiber.Fiber<Token.Token, AuthError.AuthError>
}

/** A login that has begun and listens. */
const begin = (client: OAuthClient.OAuthClient, options: ToolLogin.LoopbackOptions = { path: "/callback" }) =>
  Effect.gen(function* () {
    const shown = yield* Deferred.make<string>()
    const prompt = Layer.succeed(ToolLogin.LoginPrompt, {
      show: (invitation) => Effect.asVoid(Deferred.succeed(shown, invitation.url))
    })
    const result = yield* Effect.forkScoped(
      ToolLogin.loopback(client, options).pipe(Effect.provide([prompt, Layer.orDie(Loopback.layer)]))
    )
    const url = yield* Deferred.await(shown)
    const { searchParams } = new URL(url)
    const running: Running = {
      url,
      redirectUri: searchParams.get("redirect_uri") ?? "",
      state: searchParams.get("state") ?? "",
      result
    }
    return running
  })

const atOidc = Effect.gen(function* () {
  const server = yield* oidcServer()
  const found = yield* OAuthDiscovery.make({ integration: "test/Tool", issuer: server.issuer })
  const client = yield* OAuthClient.make({
    integration: "test/Tool",
    server: found,
    clientId: "by-none",
    authentication: ClientAuthentication.none
  })
  return { server, client }
})

const openid = { path: "/callback", scope: "openid offline_access", prompt: "consent" } as const

const live = (fact: string, program: Effect.Effect<void, unknown, Scope.Scope | HttpClient.HttpClient>) =>
  it.live(fact, () => Effect.scoped(program).pipe(Effect.provide(FetchHttpClient.layer)))

describe("a login in the browser of this machine", () => {
  live(
    "ends with the token, and with a plain page that nothing is loaded into",
    Effect.gen(function* () {
      const { client } = yield* atOidc
      const { redirectUri, result, url } = yield* begin(client, openid)
      assert.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
      const callback = yield* Effect.promise(() => new Person().open(url, redirectUri))
      const page = yield* ask(callback)
      assert.strictEqual(page.status, 200)
      assert.include(page.body, "You are logged in")
      assert.deepInclude(page.headers, {
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer"
      })
      const token = yield* Fiber.join(result)
      assert.strictEqual(OAuth.idTokenClaims(token)?.["sub"], "alice")
      assert.isDefined(token.refreshToken)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(ask(callback))))
    })
  )

  live(
    "takes one answer: while its code is exchanged, the path is gone",
    Effect.gen(function* () {
      const { client, server } = yield* atOidc
      const { redirectUri, result, url } = yield* begin(client, openid)
      const callback = yield* Effect.promise(() => new Person().open(url, redirectUri))
      const reached = Promise.withResolvers<void>()
      const release = Promise.withResolvers<void>()
      server.hold = () => {
        reached.resolve()
        return release.promise
      }
      const first = yield* Effect.forkChild(ask(callback))
      yield* Effect.promise(() => reached.promise)
      const second = yield* ask(callback)
      assert.strictEqual(second.status, 410)
      assert.include(second.body, "(again)")
      release.resolve()
      assert.strictEqual((yield* Fiber.join(first)).status, 200)
      yield* Fiber.join(result)
      assert.strictEqual(server.asked.get("authorization_code"), 1)
    })
  )

  live(
    "refuses the code of another login, whatever its state says, and tells the program why",
    Effect.gen(function* () {
      const { client } = yield* atOidc
      const mine = yield* begin(client, openid)
      const theirs = yield* begin(client, openid)
      const callback = new URL(yield* Effect.promise(() => new Person().open(theirs.url, theirs.redirectUri)))
      const injected = new URL(mine.redirectUri)
      injected.search = new URLSearchParams({
        code: callback.searchParams.get("code") ?? "",
        iss: callback.searchParams.get("iss") ?? "",
        state: mine.state
      }).toString()
      const page = yield* ask(injected.href)
      assert.strictEqual(page.status, 400)
      assert.include(page.body, "(InvalidGrant)")
      const error = yield* Effect.flip(Fiber.join(mine.result))
      assert.strictEqual(error.reason._tag, "InvalidGrant")
    })
  )
})

// -----------------------------------------------------------------------------------------------------------------
// a server that is never reached

const offline = OAuthClient.make({
  integration: "test/Tool",
  server: OAuthServer.make({
    issuer: "https://login.example",
    authorizationEndpoint: "https://login.example/authorize",
    tokenEndpoint: "https://login.example/token",
    deviceAuthorizationEndpoint: "https://login.example/device",
    namesItselfInCallbacks: true
  }),
  clientId: "c4us3w4y",
  authentication: ClientAuthentication.none
})

const token = (): Response => Response.json({ access_token: "t0k3n", token_type: "Bearer" })

const answering = (answer: (url: string) => Response) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) => Effect.sync(() => HttpClientResponse.fromWeb(request, answer(request.url))))
  )

const test = (fact: string, program: Effect.Effect<void, unknown, Scope.Scope | HttpClient.HttpClient>) =>
  it.effect(fact, () => Effect.scoped(program).pipe(Effect.provide(answering(token))))

const answerTo = ({ redirectUri, state }: Running, change: Readonly<Record<string, string>> = {}) =>
  `${redirectUri}?${new URLSearchParams({ code: "c0d3", state, iss: "https://login.example", ...change })}`

describe("what is no answer is turned away, and the login goes on", () => {
  const port = (url: string) => new URL(url).port
  const attacks: ReadonlyArray<[string, number, (running: Running) => ReturnType<typeof ask>]> = [
    [
      "a page of the web that has rebound its name to this machine",
      421,
      (running) => ask(answerTo(running), { host: `evil.example:${port(running.redirectUri)}` })
    ],
    ["the right address with another port", 421, (running) => ask(answerTo(running), { host: "127.0.0.1:1" })],
    [
      "another name of this machine",
      421,
      (running) => ask(answerTo(running), { host: `localhost:${new URL(running.redirectUri).port}` })
    ],
    ["another path", 404, (running) => ask(answerTo(running).replace("/callback", "/callback/x"))],
    ["a POST", 405, (running) => ask(answerTo(running), { method: "POST" })],
    ["another state", 400, (running) => ask(answerTo(running, { state: "guessed" }))],
    ["no state", 400, (running) => ask(running.redirectUri)],
    ["two states", 400, (running) => ask(`${answerTo(running)}&state=another`)]
  ]
  for (const [what, status, attack] of attacks) {
    test(
      what,
      Effect.gen(function* () {
        const running = yield* begin(yield* offline)
        assert.strictEqual((yield* attack(running)).status, status)
        assert.strictEqual((yield* ask(answerTo(running))).status, 200)
        yield* Fiber.join(running.result)
      })
    )
  }
})

describe("a login ends with an error", () => {
  test(
    "when nobody comes in time, and it says what was turned away",
    Effect.gen(function* () {
      const running = yield* begin(yield* offline)
      yield* ask(answerTo(running, { state: "guessed" }))
      yield* ask(answerTo(running), { host: "evil.example" })
      yield* TestClock.adjust("5 minutes")
      const error = yield* Effect.flip(Fiber.join(running.result))
      assert.deepInclude(error.reason, { _tag: "InvalidCallback", why: "expired" })
      assert.include(error.message, "nobody came back within 5m; what came was turned away (state, host)")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(ask(running.redirectUri))))
    })
  )

  for (const [what, change, why] of [
    ["another server answers", { iss: "https://evil.example" }, "issuer"],
    ["there is no code", { code: "" }, "code"]
  ] as const) {
    test(
      `when ${what}`,
      Effect.gen(function* () {
        const running = yield* begin(yield* offline)
        const page = yield* ask(answerTo(running, change))
        assert.deepStrictEqual([page.status, page.body.includes(`(${why})`)], [400, true])
        const error = yield* Effect.flip(Fiber.join(running.result))
        assert.deepInclude(error.reason, { _tag: "InvalidCallback", why })
      })
    )
  }

  test(
    "when the person says no, whose words are not on the page",
    Effect.gen(function* () {
      const running = yield* begin(yield* offline)
      const page = yield* ask(
        answerTo(running, { error: "access_denied", error_description: "<script>alert(1)</script>" })
      )
      assert.notInclude(page.body, "script")
      const error = yield* Effect.flip(Fiber.join(running.result))
      assert.strictEqual(error.reason._tag, "AccessDenied")
    })
  )
})

describe("the redirect URI", () => {
  test(
    "has another random path each time, unless one is named",
    Effect.gen(function* () {
      const client = yield* offline
      const paths = [yield* begin(client, {}), yield* begin(client, {})].map(
        ({ redirectUri }) => new URL(redirectUri).pathname
      )
      assert.isTrue(paths.every((path) => /^\/[\w-]{22}$/.test(path)))
      assert.notStrictEqual(paths[0], paths[1])
    })
  )

  test(
    "calls this machine localhost where that is registered, and then nothing else is answered",
    Effect.gen(function* () {
      const running = yield* begin(yield* offline, { path: "/", hostname: "localhost" })
      const local = new URL(running.redirectUri)
      assert.strictEqual(local.hostname, "localhost")
      const direct = answerTo(running).replace("localhost", "127.0.0.1")
      assert.strictEqual((yield* ask(direct)).status, 421)
      assert.strictEqual((yield* ask(direct, { host: local.host })).status, 200)
    })
  )

  test(
    "is never one that others reach",
    Effect.gen(function* () {
      const open = NodeHttpServer.layerServer(() => createServer(), { port: 0, host: "0.0.0.0" })
      const silent = Layer.succeed(ToolLogin.LoginPrompt, { show: () => Effect.void })
      const exit = yield* Effect.exit(ToolLogin.loopback(yield* offline).pipe(Effect.provide([open, silent])))
      assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "127.0.0.1, which nobody else can reach")
    })
  )

  for (const path of ["/a?b", "/a#b", "//evil.example", "/a b", "callback"] as const) {
    test(
      `is not ${JSON.stringify(path)}`,
      Effect.gen(function* () {
        const client = yield* offline
        assert.throws(() => ToolLogin.loopback(client, { path: path as "/" }), "toolLogin.path")
      })
    )
  }
})

describe("a login with a code on another device", () => {
  const device = (answers: ReadonlyArray<() => Response>) => {
    let count = 0
    const asked: Array<string> = []
    const layer = answering((url) => {
      asked.push(new URL(url).pathname)
      if (url.endsWith("/token")) return (answers[count++] ?? token)()
      return Response.json({
        device_code: "d3v1c3",
        user_code: "WDJB-MJHT",
        verification_uri: "https://login.example/device",
        verification_uri_complete: "https://login.example/device?user_code=WDJB-MJHT",
        expires_in: 900,
        interval: 5
      })
    })
    return { layer, asked }
  }
  const refusing = (error: string) => () => Response.json({ error }, { status: 400 })

  const running = (answers: ReadonlyArray<() => Response>, adjust: ReadonlyArray<number>) =>
    Effect.gen(function* () {
      const { asked, layer } = device(answers)
      const shown: Array<ToolLogin.Invitation> = []
      const prompt = Layer.succeed(ToolLogin.LoginPrompt, {
        show: (invitation) => Effect.sync(() => void shown.push(invitation))
      })
      const client = yield* Effect.provide(offline, layer)
      const result = yield* Effect.forkScoped(Effect.exit(ToolLogin.device(client).pipe(Effect.provide(prompt))))
      for (const seconds of adjust) yield* TestClock.adjust(`${seconds} seconds`)
      return { exit: yield* Fiber.join(result), shown, asked }
    })

  it.effect("shows the code, asks as often as it is told, and ends with the token", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { asked, exit, shown } = yield* running(
          [refusing("authorization_pending"), refusing("slow_down"), token],
          [5, 5, 10]
        )
        assert.isTrue(Exit.isSuccess(exit))
        assert.deepStrictEqual(asked, ["/device", "/token", "/token", "/token"])
        assert.deepStrictEqual(shown, [
          {
            _tag: "EnterCode",
            url: "https://login.example/device",
            userCode: "WDJB-MJHT",
            completeUrl: "https://login.example/device?user_code=WDJB-MJHT"
          }
        ])
        assert.strictEqual(
          ToolLogin.textOf(shown[0]!),
          "Open https://login.example/device and enter the code WDJB-MJHT"
        )
      })
    )
  )

  it.effect("ends with the refusal of the person", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { exit } = yield* running([refusing("access_denied")], [5])
        assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", "AccessDenied")
      })
    )
  )
})

describe("the browser of this machine", () => {
  const started = (platform: string, invitation: ToolLogin.Invitation) => {
    const commands: Array<ReadonlyArray<string>> = []
    const printed: Array<unknown> = []
    const prompt = Browser.make((command, args) => commands.push([command, ...args]), platform)
    const terminal = { ...globalThis.console, log: (line: unknown) => printed.push(line) }
    Effect.runSync(Effect.provideService(prompt.show(invitation), Console.Console, terminal))
    assert.deepStrictEqual(printed, [ToolLogin.textOf(invitation)])
    return commands
  }
  const url = "https://login.example/authorize?a=b&c=$(touch%20x)"

  it("is started with the URL as one argument and without a shell, beside what is printed", () => {
    assert.deepStrictEqual(started("linux", { _tag: "OpenPage", url }), [["xdg-open", url]])
    assert.deepStrictEqual(started("darwin", { _tag: "OpenPage", url }), [["open", url]])
    assert.deepStrictEqual(started("win32", { _tag: "OpenPage", url }), [
      ["rundll32", "url.dll,FileProtocolHandler", url]
    ])
  })

  it("is not started for what is no page of the web", () => {
    assert.deepStrictEqual(started("linux", { _tag: "OpenPage", url: "file:///etc/passwd" }), [])
    assert.deepStrictEqual(started("linux", { _tag: "OpenPage", url: "-h" }), [])
  })
})
