import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema, Stream } from "effect"
import { FetchHttpClient, HttpBody, HttpClientRequest } from "effect/http"
import { createHash } from "node:crypto"
import { inspect } from "node:util"
import { AuthError, DigestAuth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"
import { answer, type Asked, strongestOf } from "../../src/auth/internal/digest/answer.ts"
import { challengesOf, parametersOf } from "../../src/auth/internal/digest/challenges.ts"
import type { Loopback } from "../policy/loopback.ts"
import { randomFrom } from "../policy/randomFrom.ts"
import { digestServer, type Settings } from "./digestServer.ts"

const everything = { allowMd5: true, allowMissingQop: true, preferred: "auth" } as const

// https://www.rfc-editor.org/rfc/rfc7616#section-3.9
describe("the examples of RFC 7616", () => {
  const first = [
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256',
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5',
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
  ].join(", ")

  const mufasa: Omit<Asked, "challenge"> = {
    method: "GET",
    uri: "/dir/index.html",
    body: () => "",
    username: "Mufasa",
    password: "Circle of Life",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    count: 1
  }

  const usable = (header: string) => {
    const challenge = strongestOf(challengesOf(header), everything)
    if (challenge === undefined) throw new Error("no challenge")
    return challenge
  }

  it("3.9.1: SHA-256 is chosen before MD5, and answered", () => {
    const challenge = usable(first)
    assert.strictEqual(
      answer({ ...mufasa, challenge }).header,
      [
        'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256',
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001',
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth',
        'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
      ].join(", ")
    )
  })

  it("3.9.1: MD5 where it is alone", () => {
    const alone = first.slice(first.lastIndexOf("Digest"))
    assert.strictEqual(answer({ ...mufasa, challenge: usable(alone) }).response, "8ca523f5e9506fed4657c9700eebdbec")
  })

  // The values of the RFC's text come from a SHA-512 cut in half; erratum 4897 has those of SHA-512/256.
  it("3.9.2: SHA-512-256 with a hashed user name, as its erratum has it", () => {
    const challenge = usable(
      [
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256',
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"',
        "charset=UTF-8, userhash=true"
      ].join(", ")
    )
    const { header, response } = answer({
      ...mufasa,
      challenge,
      uri: "/doe.json",
      username: "Jäsøn Doe",
      password: "Secret, or not?",
      cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"
    })
    assert.include(header, 'username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", userhash=true')
    assert.strictEqual(response, "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5")
  })

  // https://www.rfc-editor.org/rfc/rfc2617#section-3.5
  it("RFC 2617, 3.5", () => {
    const challenge = usable(
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    assert.strictEqual(
      answer({ ...mufasa, challenge, password: "Circle Of Life", cnonce: "0a4f113b" }).response,
      "6629fae49393a05397450978507c4ef1"
    )
  })
})

describe("a WWW-Authenticate", () => {
  it("may hold several challenges, in any order and spelling", () => {
    const header =
      'Basic realm="a, b=\\"c\\"", , NTLM, dIgEsT Realm="r",Nonce = "n\\\\m" ,qop=auth, Negotiate abc==, Digest realm=r, nonce=x'
    assert.deepStrictEqual(challengesOf(header), [
      { scheme: "basic", parameters: { realm: 'a, b="c"' } },
      { scheme: "ntlm", parameters: {} },
      { scheme: "digest", parameters: { realm: "r", nonce: "n\\m", qop: "auth" } },
      { scheme: "negotiate", parameters: {} },
      { scheme: "digest", parameters: { realm: "r", nonce: "x" } }
    ])
  })

  for (const blob of ["oYH1MIHyoAMKAQ/xyz+w==", "YII", "a/b/c=", "T1RMTVNTUAAC.~_-/"]) {
    it(`is found behind a Negotiate with ${blob}`, () => {
      const header = `Negotiate ${blob}, Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256`
      assert.strictEqual(strongestOf(challengesOf(header), everything)?.nonce, "n")
      assert.deepStrictEqual(
        challengesOf(`Digest realm=r, nonce=n , Negotiate ${blob}`).map(({ scheme }) => scheme),
        ["digest", "negotiate"]
      )
    })
  }

  for (const [what, header] of [
    ["nothing", ""],
    ["no scheme", 'realm="x", nonce="y"'],
    ["the same thing twice", 'Digest realm="x", nonce="y", nonce="z", qop="auth", algorithm=SHA-256'],
    ["no nonce", 'Digest realm="x", qop="auth", algorithm=SHA-256'],
    ["no realm", 'Digest nonce="x", qop="auth", algorithm=SHA-256'],
    ["an unknown algorithm", 'Digest realm="x", nonce="y", qop="auth", algorithm=SHA-1'],
    ["an unknown qop", 'Digest realm="x", nonce="y", qop="auth-conf", algorithm=SHA-256'],
    ["a session without a qop", 'Digest realm="x", nonce="y", algorithm=SHA-256-sess'],
    ["a nonce outside of ASCII", 'Digest realm="x", nonce="ü", qop="auth", algorithm=SHA-256'],
    ["another scheme", 'Bearer realm="x", nonce="y"'],
    ["more than is read", `Digest realm="${"x".repeat(20_000)}", nonce="y", qop="auth", algorithm=SHA-256`]
  ] as const) {
    it(`with ${what} is not answered`, () => assert.isUndefined(strongestOf(challengesOf(header), everything)))
  }

  it("of random characters ends, and throws nothing", () => {
    const below = randomFrom(1)
    const characters = 'Digest,realm="nonce"\\= \t\r\n;é\0qop'
    for (let round = 0; round < 2_000; round += 1) {
      const header = Array.from({ length: below(200) }, () => characters[below(characters.length)]).join("")
      assert.isArray(challengesOf(header))
      assert.isObject(parametersOf(header))
    }
  })

  it("picks the strongest, whatever the order", () => {
    const of = (algorithm: string) => `Digest realm="x", nonce="${algorithm}", qop="auth", algorithm=${algorithm}`
    const header = ["MD5", "SHA-256-sess", "SHA-512-256", "SHA-256"].map(of).join(", ")
    assert.strictEqual(strongestOf(challengesOf(header), everything)?.nonce, "SHA-512-256")
    assert.isUndefined(strongestOf(challengesOf(of("MD5")), { ...everything, allowMd5: false }))
  })
})

// -----------------------------------------------------------------------------------------------------------------
// against a server

const password = "Circle of L1fe"

const integrationAt = (url: string) =>
  class Camera extends Integration.Service<Camera>()("test/Camera", {
    baseUrl: url,
    endpoints: [
      Endpoint.get("read", "/status", { query: { q: Schema.optional(Schema.String) }, success: Schema.String }),
      Endpoint.post("write", "/write", { payload: Schema.Struct({ a: Schema.String }), success: Schema.String })
    ],
    policy: Policy.none
  }) {}

const statuses = ({ asked }: Loopback): ReadonlyArray<string> =>
  asked.map(({ headers }) => /nc=(\w+)/.exec(headers.authorization ?? "")?.[1] ?? "none")

const against = (
  settings: Partial<Settings>,
  options: DigestAuth.Options = {},
  username = "Mufasa",
  secret: Effect.Effect<Redacted.Redacted<string>> = Effect.succeed(Redacted.make(password))
) =>
  Effect.gen(function* () {
    const server = yield* digestServer({
      users: { Mufasa: password, "Jäsøn Doe": password, 'a"b\\c': password },
      ...settings
    })
    const Camera = integrationAt(server.url)
    const context = yield* Layer.build(
      Camera.layer.pipe(Layer.provide([DigestAuth.layer(Camera, username, secret, options), FetchHttpClient.layer]))
    )
    const camera = yield* Effect.provide(Camera, context)
    return { server, camera }
  })

describe("a server", () => {
  for (const algorithm of ["SHA-512-256", "SHA-256", "MD5", "SHA-512-256-sess", "SHA-256-sess", "MD5-sess"]) {
    for (const qop of ["auth", "auth-int", ...(algorithm.endsWith("-sess") ? [] : [undefined])] as const) {
      it.live(`with ${algorithm} and ${qop ?? "no qop"} is answered, with the nonce counted`, () =>
        Effect.gen(function* () {
          const { camera, server } = yield* against(
            { algorithms: [algorithm], qop },
            { allowMd5: true, allowMissingQop: true }
          )
          assert.strictEqual(yield* camera.write({ payload: { a: "ü" } }), '{"a":"ü"}')
          yield* camera.read({ query: { q: "a b" } })
          assert.deepStrictEqual(
            statuses(server),
            qop === undefined ? ["none", "none", "none"] : ["none", "00000001", "00000002"]
          )
        }).pipe(Effect.scoped)
      )
    }
  }

  it.live("that offers Basic, MD5 and SHA-256 gets SHA-256", () =>
    Effect.gen(function* () {
      const { camera, server } = yield* against(
        { algorithms: ["MD5", "SHA-256"], others: ['Basic realm="all"'] },
        { allowMd5: true }
      )
      yield* camera.read({ query: {} })
      assert.include(server.asked[1]?.headers.authorization ?? "", "algorithm=SHA-256")
    }).pipe(Effect.scoped)
  )

  for (const [what, settings] of [
    ["only MD5", { algorithms: ["MD5"] }],
    ["no qop", { qop: undefined }]
  ] as const) {
    it.live(`that offers ${what} gets nothing, and the error says what was offered`, () =>
      Effect.gen(function* () {
        const { camera, server } = yield* against(settings)
        const error = yield* Effect.flip(camera.read({ query: {} }))
        assert.strictEqual(error._tag, "Unauthorized")
        const reason = AuthError.of(error)?.reason
        assert.deepInclude(reason, { _tag: "UnsupportedChallenge" })
        assert.include(error.message, "allowMd5")
        assert.strictEqual(server.asked.length, 1)
      }).pipe(Effect.scoped)
    )
  }

  for (const username of ["Jäsøn Doe", 'a"b\\c']) {
    for (const userhash of [true, false]) {
      it.live(`knows ${username}, ${userhash ? "hashed" : "in the open"}`, () =>
        Effect.gen(function* () {
          const { camera } = yield* against({ userhash, realm: 'say "all\\"' }, {}, username)
          yield* camera.read({ query: {} })
        }).pipe(Effect.scoped)
      )
    }
  }

  it.live("whose nonce has become stale is answered with the new one, in the same call", () =>
    Effect.gen(function* () {
      const { camera, server } = yield* against({ usesOfNonce: 2 })
      for (let call = 0; call < 4; call += 1) yield* camera.read({ query: {} })
      assert.deepStrictEqual(statuses(server), ["none", "00000001", "00000002", "00000003", "00000001", "00000002"])
    }).pipe(Effect.scoped)
  )

  it.live("that names the next nonce is never asked with the one before", () =>
    Effect.gen(function* () {
      const { camera, server } = yield* against({ usesOfNonce: 1, nextNonce: true })
      for (let call = 0; call < 4; call += 1) yield* camera.read({ query: {} })
      assert.deepStrictEqual(statuses(server), ["none", "00000001", "00000001", "00000001", "00000001"])
    }).pipe(Effect.scoped)
  )

  it.live("sees 20 requests at once with 20 counts of one nonce", () =>
    Effect.gen(function* () {
      const { camera, server } = yield* against({})
      yield* camera.read({ query: {} })
      yield* Effect.all(
        Array.from({ length: 20 }, () => Effect.result(camera.read({ query: {} }))),
        { concurrency: "unbounded" }
      )
      const counts = statuses(server).filter((count) => count !== "none")
      assert.isAtLeast(new Set(counts).size, 20)
    }).pipe(Effect.scoped)
  )

  it.live("that refuses the password is asked with it once, and the next call asks for a challenge anew", () =>
    Effect.gen(function* () {
      const { camera, server } = yield* against({}, {}, "Mufasa", Effect.succeed(Redacted.make("wrong")))
      const error = yield* Effect.flip(camera.read({ query: {} }))
      assert.deepInclude(error, { _tag: "Unauthorized", status: 401, attempts: 2 })
      assert.strictEqual(server.asked.length, 2)
      yield* Effect.flip(camera.read({ query: {} }))
      assert.deepStrictEqual(statuses(server).slice(0, 3), ["none", "00000001", "00000002"])
      yield* Effect.flip(camera.read({ query: {} }))
      assert.deepStrictEqual(statuses(server).slice(3, 4), ["none"])
    }).pipe(Effect.scoped)
  )

  it.live("whose password was rotated is asked with the new one, in the same call", () =>
    Effect.gen(function* () {
      const users: Record<string, string> = { Mufasa: password }
      let readings = 0
      const rotating = Effect.sync(() => Redacted.make(++readings <= 3 ? password : "n3xt"))
      const { camera, server } = yield* against({ users }, {}, "Mufasa", rotating)
      yield* camera.read({ query: {} })
      users["Mufasa"] = "n3xt"
      yield* camera.read({ query: {} })
      assert.deepStrictEqual(statuses(server), ["none", "00000001", "00000002", "00000001"])
    }).pipe(Effect.scoped)
  )
})

it.live("no password and no response is in an error, even when the server repeats them", () =>
  Effect.gen(function* () {
    const planted = "pl4nted-passw0rd"
    const { camera, server } = yield* against({}, {}, "Mufasa", Effect.succeed(Redacted.make(planted)))
    const error = yield* Effect.flip(camera.read({ query: {} }))
    const shown = [error.message, inspect(error, { depth: 9 }), JSON.stringify(error)].join()
    assert.notInclude(shown, planted)
    const response = /response="(\w+)"/.exec(server.asked[1]?.headers.authorization ?? "")?.[1] ?? "none"
    assert.notInclude(shown, response)
    assert.notInclude(shown, createHash("sha256").update(`Mufasa:all:${planted}`).digest("hex"))
  }).pipe(Effect.scoped)
)

it.effect("a streamed body that only auth-int would prove is refused, with the reason", () =>
  Effect.gen(function* () {
    const Camera = integrationAt("https://camera.example")
    const { authorize } = yield* Camera.credentials
    const challenge = 'Digest realm="all", nonce="n", qop="auth-int", algorithm=SHA-256'
    const first = yield* authorize(HttpClientRequest.get("https://camera.example/"))
    assert.isTrue(
      yield* first.renew?.({ status: 401, headers: { "www-authenticate": challenge } }) ?? Effect.succeed(false)
    )
    const upload = HttpClientRequest.put("https://camera.example/", { body: HttpBody.stream(Stream.empty) })
    const refused = yield* Effect.flip(authorize(upload))
    assert.deepInclude(AuthError.of(refused)?.reason, { _tag: "UnsignableRequest", part: "body" })
  }).pipe(
    Effect.provide(
      DigestAuth.layer(integrationAt("https://camera.example"), "Mufasa", Effect.succeed(Redacted.make("x")))
    )
  )
)

for (const username of ["", "a\nb"]) {
  it(`a user name that is ${JSON.stringify(username)} throws`, () =>
    assert.throws(
      () => DigestAuth.layer(integrationAt("https://x.example"), username, Effect.succeed(Redacted.make("x"))),
      InvalidOption.InvalidOption
    ))
}
