import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Deferred,
  Effect,
  Fiber,
  FileSystem,
  Layer,
  Logger,
  PlatformError,
  Redacted,
  Schema,
  Stream
} from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { Auth, AuthError, type Credentials, Secret, SecretSource, SecretSourceFiles } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example",
  endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
  policy: Policy.none
}) {}

/** A provider that takes these tokens and refuses the others. */
const providerTaking = (...initially: ReadonlyArray<string>) => {
  const taken = new Set(initially.map((token) => `Bearer ${token}`))
  const sent: Array<string | undefined> = []
  const client = HttpClient.make((request) => {
    const authorization = request.headers["authorization"]
    sent.push(authorization?.replace("Bearer ", ""))
    const status = taken.has(authorization ?? "") ? 200 : 401
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"ok"', { status })))
  })
  return {
    sent,
    take: (token: string) => Effect.sync(() => taken.add(`Bearer ${token}`)),
    refuse: (token: string) => Effect.sync(() => taken.delete(`Bearer ${token}`)),
    layer: Layer.succeed(HttpClient.HttpClient, client)
  }
}

/** A source in memory that counts how often it was asked. */
const countingSource = (initial: Readonly<Record<string, string>>) =>
  Effect.map(SecretSource.makeMemory(initial), (memory) => {
    const asked: Array<string> = []
    const source: SecretSource.SecretSource["Service"] = {
      // Nothing is heard of a rotation: it must be looked up.
      changes: () => Stream.empty,
      lookUp: (name) => Effect.suspend(() => (asked.push(name), memory.source.lookUp(name)))
    }
    return { ...memory, asked, quiet: source }
  })

const tokenOf = (source: SecretSource.SecretSource["Service"], form?: Secret.Form) =>
  Layer.provide(Auth.bearer(Provider, Secret.named("TOKEN", form)), Layer.succeed(SecretSource.SecretSource, source))

const over = <E>(
  credentials: Layer.Layer<Credentials.Credentials<Provider>, E>,
  network: Layer.Layer<HttpClient.HttpClient>
) => Provider.layer.pipe(Layer.provide([credentials, network]))

const read = Effect.flatMap(Provider, (provider) => provider.read())

describe("a secret by its name", () => {
  it.effect("is looked up once, when the Layer is built, and not at each call", () =>
    Effect.gen(function* () {
      const memory = yield* countingSource({ TOKEN: "one" })
      const provider = providerTaking("one")
      yield* Effect.provide(Effect.all([read, read, read]), over(tokenOf(memory.quiet), provider.layer))
      assert.deepStrictEqual(provider.sent, ["one", "one", "one"])
      assert.deepStrictEqual(memory.asked, ["TOKEN"])
    })
  )

  it.effect("that is not there fails the Layer, by its name", () =>
    Effect.gen(function* () {
      const { source } = yield* SecretSource.makeMemory()
      const error = yield* Effect.flip(Effect.provide(read, over(tokenOf(source), providerTaking().layer)))
      assert.instanceOf(error, AuthError.AuthError)
      assert.strictEqual(error.message, 'test/Provider: the secret "TOKEN" is not there')
    })
  )

  it.effect("is used from the moment its rotation is heard of", () =>
    Effect.gen(function* () {
      const memory = yield* SecretSource.makeMemory({ TOKEN: "one" })
      const provider = providerTaking("one", "two")
      yield* Effect.gen(function* () {
        yield* read
        yield* memory.rotate("TOKEN", "two")
        yield* TestClock.adjust(0)
        yield* read
      }).pipe(Effect.provide(over(tokenOf(memory.source), provider.layer)))
      assert.deepStrictEqual(provider.sent, ["one", "two"])
    })
  )

  it.effect("that the provider refuses is looked up again, and the call made once more", () =>
    Effect.gen(function* () {
      const memory = yield* countingSource({ TOKEN: "one" })
      const provider = providerTaking("two")
      const answer = yield* Effect.gen(function* () {
        const service = yield* Provider
        yield* memory.rotate("TOKEN", "two")
        return yield* service.read()
      }).pipe(Effect.provide(over(tokenOf(memory.quiet), provider.layer)))
      assert.strictEqual(answer, "ok")
      assert.deepStrictEqual(provider.sent, ["one", "two"])
      assert.deepStrictEqual(memory.asked, ["TOKEN", "TOKEN"])
    })
  )

  it.effect("that is refused and still the same fails the call after one attempt", () =>
    Effect.gen(function* () {
      const memory = yield* countingSource({ TOKEN: "one" })
      const provider = providerTaking()
      const error = yield* Effect.flip(Effect.provide(read, over(tokenOf(memory.quiet), provider.layer)))
      assert.deepInclude(error, { _tag: "Unauthorized", status: 401, attempts: 1 })
      assert.deepStrictEqual(memory.asked, ["TOKEN", "TOKEN"])
    })
  )

  it.effect("gives way to the previous one while the provider does not know it yet", () =>
    Effect.gen(function* () {
      const memory = yield* SecretSource.makeMemory({ TOKEN: "one" })
      yield* memory.rotate("TOKEN", "two")
      const provider = providerTaking("one")
      yield* Effect.gen(function* () {
        yield* read
        yield* read
        yield* provider.take("two")
        yield* provider.refuse("one")
        yield* read
        yield* read
      }).pipe(Effect.provide(over(tokenOf(memory.source), provider.layer)))
      assert.deepStrictEqual(provider.sent, ["two", "one", "one", "one", "two", "two"])
    })
  )

  it.effect("does not come back to a previous one that was refused as well", () =>
    Effect.gen(function* () {
      const memory = yield* SecretSource.makeMemory({ TOKEN: "one" })
      yield* memory.rotate("TOKEN", "two")
      const provider = providerTaking()
      yield* Effect.gen(function* () {
        for (let call = 0; call < 4; call += 1) yield* Effect.flip(read)
      }).pipe(Effect.provide(over(tokenOf(memory.source), provider.layer)))
      assert.deepStrictEqual(provider.sent, ["two", "one", "one", "two", "two", "two"])
    })
  )

  it.effect("that a thousand calls find refused is looked up once", () =>
    Effect.gen(function* () {
      const memory = yield* countingSource({ TOKEN: "one" })
      const provider = providerTaking("two")
      yield* Effect.gen(function* () {
        const service = yield* Provider
        yield* memory.rotate("TOKEN", "two")
        yield* Effect.all(
          Array.from({ length: 1_000 }, () => service.read()),
          { concurrency: "unbounded" }
        )
      }).pipe(Effect.provide(over(tokenOf(memory.quiet), provider.layer)))
      assert.deepStrictEqual(memory.asked, ["TOKEN", "TOKEN"])
    })
  )

  it.effect("is looked up no more than once a second, however often it is refused", () =>
    Effect.gen(function* () {
      const memory = yield* countingSource({ TOKEN: "one" })
      const provider = providerTaking()
      yield* Effect.gen(function* () {
        for (let call = 0; call < 5; call += 1) yield* Effect.flip(read)
        assert.strictEqual(memory.asked.length, 2)
        yield* TestClock.adjust("1 second")
        yield* Effect.flip(read)
        assert.strictEqual(memory.asked.length, 3)
      }).pipe(Effect.provide(over(tokenOf(memory.quiet), provider.layer)))
    })
  )

  it.effect("is found by those who wait for it when the call that began the look is interrupted", () =>
    Effect.gen(function* () {
      const looked = yield* Deferred.make<void>()
      let asked = 0
      const slow: SecretSource.SecretSource["Service"] = {
        changes: () => Stream.empty,
        lookUp: () =>
          Effect.suspend(() => {
            asked += 1
            const current = Redacted.make(asked === 1 ? "one" : "two")
            const found = Effect.succeed({ current, previous: undefined })
            return asked === 1 ? found : Effect.andThen(Deferred.await(looked), found)
          })
      }
      const provider = providerTaking("two")
      yield* Effect.gen(function* () {
        const service = yield* Provider
        const first = yield* Effect.forkChild(service.read(), { startImmediately: true })
        yield* Effect.yieldNow
        const second = yield* Effect.forkChild(service.read(), { startImmediately: true })
        yield* Effect.yieldNow
        yield* Fiber.interrupt(first)
        yield* Deferred.succeed(looked, undefined)
        assert.strictEqual(yield* Fiber.join(second), "ok")
      }).pipe(Effect.provide(over(tokenOf(slow), provider.layer)))
      assert.strictEqual(asked, 2)
    })
  )

  it.effect("that was rotated to something unusable is told of, and the one before stays in use", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make((entry) => void lines.push(inspect(entry.message)))
      const memory = yield* SecretSource.makeMemory({ TOKEN: "sk_test_one" })
      const provider = providerTaking("sk_test_one")
      yield* Effect.gen(function* () {
        yield* memory.rotate("TOKEN", "sk_live_hunter2")
        yield* TestClock.adjust(0)
        yield* read
      }).pipe(
        Effect.provide(over(tokenOf(memory.source, { startsWith: "sk_test_" }), provider.layer)),
        Effect.provide(Logger.layer([logger]))
      )
      assert.deepStrictEqual(provider.sent, ["sk_test_one"])
      assert.match(lines.join(), /TOKEN.*was rotated to one that does not begin with/)
      assert.notInclude(lines.join(), "hunter2")
    })
  )
})

describe("a 401 of a call that used the old secret", () => {
  it.effect("is repeated also when another call has used the new one in the meantime", () =>
    Effect.gen(function* () {
      let secret = "old"
      const held = yield* Deferred.make<void>()
      const sent: Array<string | undefined> = []
      const answering = HttpClient.make((request: HttpClientRequest.HttpClientRequest) => {
        const isOld = request.headers["authorization"] === "Bearer old"
        sent.push(request.headers["authorization"])
        const answer = Effect.succeed(
          HttpClientResponse.fromWeb(request, new Response('"ok"', { status: isOld ? 401 : 200 }))
        )
        return isOld ? Effect.andThen(Deferred.await(held), answer) : answer
      })
      const credentials = Auth.bearer(
        Provider,
        Effect.sync(() => Redacted.make(secret))
      )
      const answers = yield* Effect.gen(function* () {
        const provider = yield* Provider
        const slow = yield* Effect.forkChild(provider.read(), { startImmediately: true })
        secret = "new"
        const quick = yield* provider.read()
        yield* Deferred.succeed(held, undefined)
        return [quick, yield* Fiber.join(slow)]
      }).pipe(Effect.provide(over(credentials, Layer.succeed(HttpClient.HttpClient, answering))))
      assert.deepStrictEqual(answers, ["ok", "ok"])
      assert.deepStrictEqual(sent, ["Bearer old", "Bearer new", "Bearer new"])
    })
  )
})

describe("a secret of the wrong form", () => {
  const cases: ReadonlyArray<readonly [what: string, value: string, form: Secret.Form, issue: string]> = [
    ["blank", " \t ", {}, "is empty"],
    ["with a line break at its end", "hunter2\n", {}, "ends in a line break"],
    ["with the line break of Windows", "hunter2\r\n", {}, "ends in a line break"],
    ["of two lines", "hunter2\nhunter2", {}, "holds a line break"],
    ["of another environment", "sk_live_hunter2", { startsWith: "sk_test_" }, 'does not begin with "sk_test_"'],
    ["of none of the two kinds", "hunter2", { startsWith: ["sk_test_", "rk_test_"] }, '"sk_test_" or "rk_test_"'],
    ["that matches not", "hunter2", { pattern: /^[0-9a-f]{32}$/g }, "does not match /^[0-9a-f]{32}$/g"]
  ]
  for (const [what, value, form, issue] of cases) {
    it.effect(`(${what}) is refused where it enters, and not shown`, () =>
      Effect.gen(function* () {
        const { source } = yield* SecretSource.makeMemory({ TOKEN: value })
        const network = providerTaking(value)
        const named = yield* Effect.flip(Effect.provide(read, over(tokenOf(source, form), network.layer)))
        assert.strictEqual(named._tag, "AuthError")
        const given = ConfigProvider.layer(ConfigProvider.fromUnknown({ TOKEN: value }))
        const fromConfig = Layer.provide(Auth.bearer(Provider, Secret.config("TOKEN", form)), given)
        const configured = yield* Effect.flip(Effect.provide(read, over(fromConfig, network.layer)))
        assert.strictEqual(configured._tag, "ConfigError")
        const own = Effect.flatMap(Effect.succeed(Redacted.make(value)), Secret.expecting("TOKEN", form))
        const checked = yield* Effect.flip(own)
        const called = yield* Effect.flip(Effect.provide(read, over(Auth.bearer(Provider, own), network.layer)))
        assert.deepInclude(called, { _tag: "Unauthorized", status: undefined })
        for (const text of [named.message, configured.message, `${checked.what} ${checked.issue}`]) {
          assert.include(text, issue)
          assert.include(text, "TOKEN")
        }
        const printed = [named, configured, checked, called].map((error) => [
          String(error),
          inspect(error, { depth: 9 }),
          JSON.stringify(error)
        ])
        assert.notInclude(printed.join(), "hunter2")
        assert.deepStrictEqual(network.sent, [])
      })
    )
  }

  it.effect("that is empty is refused where it enters; Config takes it for one that is not set", () =>
    Effect.gen(function* () {
      const { source } = yield* SecretSource.makeMemory({ TOKEN: "" })
      const named = yield* Effect.flip(Layer.build(tokenOf(source)))
      assert.include(named.message, 'the secret "TOKEN" is empty')
      const given = ConfigProvider.layer(ConfigProvider.fromUnknown({ TOKEN: "" }))
      const config = yield* Effect.flip(
        Layer.build(Layer.provide(Auth.bearer(Provider, Secret.config("TOKEN")), given))
      )
      assert.strictEqual(config._tag, "ConfigError")
    })
  )

  it.effect("is accepted when it has one of the beginnings, or matches, each time it is looked at", () =>
    Effect.gen(function* () {
      const check = Secret.expecting("TOKEN", { startsWith: ["rk_", "sk_"], pattern: /_test_/g })
      for (const value of ["sk_test_1", "sk_test_1", "rk_test_1"]) {
        assert.strictEqual(Redacted.value(yield* check(Redacted.make(value))), value)
      }
    })
  )

  it.effect("from a plain Config fails the Layer, and not the first call", () =>
    Effect.gen(function* () {
      const given = ConfigProvider.layer(ConfigProvider.fromUnknown({ TOKEN: "hunter2\n" }))
      const credentials = Layer.provide(Auth.bearer(Provider, Config.Redacted("TOKEN")), given)
      const error = yield* Effect.flip(Layer.build(credentials))
      assert.strictEqual(error._tag, "ConfigError")
      assert.include(error.message, "the bearer token ends in a line break")
      assert.notInclude(inspect(error, { depth: 9 }), "hunter2")
    })
  )

  it("that makes no sense as an option is refused where it is written", () => {
    for (const make of [() => Secret.named(""), () => Secret.named("A", { startsWith: "" }), () => Secret.config("")]) {
      assert.throws(make, InvalidOption.InvalidOption)
    }
    assert.throws(() => SecretSourceFiles.layer({ pollEvery: 0 }), /secretSource.pollEvery/)
    assert.throws(() => SecretSourceFiles.layerFolder({ folder: "" }), /secretSourceFiles.folder/)
  })
})

/** Files that can be replaced, and how often each was read. */
const filesOf = (initial: Readonly<Record<string, string>>) => {
  const files = new Map(Object.entries(initial))
  const opened: Array<string> = []
  const layer = FileSystem.layerNoop({
    readFileString: (path) => {
      opened.push(path)
      const text = files.get(path)
      if (text !== undefined)
        return text === "forbidden" ? Effect.fail(refused("PermissionDenied", path)) : Effect.succeed(text)
      return Effect.fail(refused("NotFound", path))
    }
  })
  return { files, opened, layer }
}

const refused = (_tag: "NotFound" | "PermissionDenied", pathOrDescriptor: string) =>
  PlatformError.systemError({ _tag, module: "FileSystem", method: "readFileString", pathOrDescriptor })

const lookUp = (name: string) =>
  Effect.flatMap(SecretSource.SecretSource, (source) => Effect.map(source.lookUp(name), shown))

const shown = ({ current, previous }: SecretSource.Versions) => [
  Redacted.value(current),
  previous && Redacted.value(previous)
]

const variables = (values: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.fromEnv({ env: values }))

describe("a secret from Config or a file", () => {
  const given = filesOf({
    "/run/token": "from-a-file\n",
    "/run/before": "the-one-before\r\n",
    "/run/two-breaks": "hunter2\n\n",
    "/run/no-break": "no-break",
    "/run/forbidden": "forbidden"
  })
  const source = SecretSourceFiles.layer().pipe(
    Layer.provide([
      given.layer,
      variables({
        PLAIN: "from-config",
        PLAIN_PREVIOUS: "before-config",
        TOKEN_FILE: "/run/token",
        TOKEN_PREVIOUS_FILE: "/run/before",
        NO_BREAK_FILE: "/run/no-break",
        TWO_BREAKS_FILE: "/run/two-breaks",
        TWICE: "a",
        TWICE_FILE: "/run/token",
        GONE_FILE: "/run/gone",
        FORBIDDEN_FILE: "/run/forbidden"
      })
    ])
  )

  it.effect("is read with its previous version", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookUp("PLAIN"), ["from-config", "before-config"])
      assert.deepStrictEqual(yield* lookUp("TOKEN"), ["from-a-file", "the-one-before"])
    }).pipe(Effect.provide(source))
  )

  it.effect("loses one line break at the end of a file, and no more", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookUp("NO_BREAK"), ["no-break", undefined])
      assert.deepStrictEqual(yield* lookUp("TWO_BREAKS"), ["hunter2\n", undefined])
    }).pipe(Effect.provide(source))
  )

  it.effect("that is not there, set twice, gone or forbidden says so by its name", () =>
    Effect.gen(function* () {
      const problem = (name: string) => Effect.flip(lookUp(name))
      assert.deepInclude(yield* problem("NONE"), {
        _tag: "SecretUnavailable",
        what: 'the secret "NONE"',
        issue: "is not set"
      })
      assert.deepInclude(yield* problem("TWICE"), { issue: "is set twice: as TWICE and as TWICE_FILE" })
      assert.deepInclude(yield* problem("GONE"), { issue: "is in no file: GONE_FILE points to one that is not there" })
      assert.deepInclude(yield* problem("FORBIDDEN"), { _tag: "StoreFailure", detail: "PermissionDenied" })
    }).pipe(Effect.provide(source))
  )

  it.effect("of Config alone has both versions too, and is found again when it was refused", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* lookUp("A"), ["1", "0"])
      assert.deepInclude(yield* Effect.flip(lookUp("B")), { issue: "is not set" })
    }).pipe(Effect.provide(SecretSource.layerConfig.pipe(Layer.provide(variables({ A: "1", A_PREVIOUS: "0" })))))
  )
})

describe("a secret in a folder", () => {
  it.effect("is the file of its name", () =>
    Effect.gen(function* () {
      const { layer } = filesOf({ "/run/secrets/pay.token": "t0k3n\n" })
      assert.deepStrictEqual(
        yield* Effect.provide(lookUp("pay.token"), Layer.provide(SecretSourceFiles.layerFolder(), layer)),
        ["t0k3n", undefined]
      )
    })
  )

  for (const name of ["../shadow", "a/b", "..", ".hidden", "a\0b", "a\\b", ""]) {
    it.effect(`of the name ${JSON.stringify(name)} is no file at all`, () =>
      Effect.gen(function* () {
        const { layer, opened } = filesOf({})
        const problem = yield* Effect.flip(
          Effect.provide(lookUp(name), Layer.provide(SecretSourceFiles.layerFolder(), layer))
        )
        assert.deepInclude(problem, { issue: "has a name that no file here has" })
        assert.deepStrictEqual(opened, [])
      })
    )
  }

  it.effect("that is mounted anew is seen within the time between two looks", () =>
    Effect.gen(function* () {
      const { files, layer } = filesOf({ "/mnt/TOKEN": "one\n" })
      const provider = providerTaking("one", "two")
      const credentials = Auth.bearer(Provider, Secret.named("TOKEN")).pipe(
        Layer.provide(SecretSourceFiles.layerFolder({ folder: "/mnt/", pollEvery: "10 seconds" })),
        Layer.provide(layer)
      )
      yield* Effect.gen(function* () {
        yield* read
        files.set("/mnt/TOKEN", "two\n")
        yield* TestClock.adjust("10 seconds")
        yield* read
        files.delete("/mnt/TOKEN")
        yield* TestClock.adjust("10 seconds")
        yield* read
        files.set("/mnt/TOKEN", "")
        yield* TestClock.adjust("10 seconds")
        yield* read
      }).pipe(Effect.provide(over(credentials, provider.layer)))
      assert.deepStrictEqual(provider.sent, ["one", "two", "two", "two"])
    })
  )
})

describe("a user name that is a key", () => {
  const authorizationOf = <E>(credentials: Layer.Layer<Credentials.Credentials<Provider>, E>) =>
    Effect.gen(function* () {
      const sent: Array<string | undefined> = []
      const client = HttpClient.make((request) => {
        sent.push(request.headers["authorization"])
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"ok"')))
      })
      yield* Effect.provide(read, over(credentials, Layer.succeed(HttpClient.HttpClient, client)))
      return atob(sent[0]?.replace("Basic ", "") ?? "")
    })

  it.effect("goes without a password, as Stripe wants it, or with one", () =>
    Effect.gen(function* () {
      const key = Effect.succeed(Redacted.make("sk_test_1"))
      assert.strictEqual(yield* authorizationOf(Auth.basic(Provider, key)), "sk_test_1:")
      const given = variables({ PASSWORD: "hunter2" })
      const both = Layer.provide(Auth.basic(Provider, key, Config.Redacted("PASSWORD")), given)
      assert.strictEqual(yield* authorizationOf(both), "sk_test_1:hunter2")
    })
  )

  it.effect("cannot hold a colon, and its emptiness is no way around", () =>
    Effect.gen(function* () {
      for (const key of ["sk:test", ""]) {
        const error = yield* Effect.flip(authorizationOf(Auth.basic(Provider, Effect.succeed(Redacted.make(key)))))
        assert.deepInclude(error, { _tag: "Unauthorized", status: undefined })
        assert.include(error.message, "user name")
      }
    })
  )

  it.effect("is looked up again with its password when both are refused", () =>
    Effect.gen(function* () {
      const memory = yield* SecretSource.makeMemory({ SID: "sid", TOKEN: "one" })
      const sent: Array<string> = []
      const client = HttpClient.make((request) => {
        const pair = atob(request.headers["authorization"]?.replace("Basic ", "") ?? "")
        sent.push(pair)
        const status = pair === "sid:two" ? 200 : 401
        return Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"ok"', { status })))
      })
      const quiet = { ...memory.source, changes: () => Stream.empty }
      const credentials = Auth.basic(Provider, Secret.named("SID"), Secret.named("TOKEN")).pipe(
        Layer.provide(Layer.succeed(SecretSource.SecretSource, quiet))
      )
      yield* Effect.gen(function* () {
        const provider = yield* Provider
        yield* memory.rotate("TOKEN", "two")
        yield* provider.read()
      }).pipe(Effect.provide(over(credentials, Layer.succeed(HttpClient.HttpClient, client))))
      assert.deepStrictEqual(sent, ["sid:one", "sid:two"])
    })
  )
})
