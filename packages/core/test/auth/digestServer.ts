/** A server with digest access authentication, written by RFC 7616: it looks users up, counts nonces and retires them. */
import type { Effect, Scope } from "effect"
import { createHash, randomBytes } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Loopback, loopback } from "../policy/loopback.ts"

export interface Settings {
  readonly users: Readonly<Record<string, string>>
  readonly realm?: string
  /** As they are offered, in this order. */
  readonly algorithms?: ReadonlyArray<string>
  /** `undefined` leaves it out, as RFC 2069 does. */
  readonly qop?: string | undefined
  readonly userhash?: boolean
  /** How often a nonce may be used. */
  readonly usesOfNonce?: number
  /** Names the next nonce with every answer. */
  readonly nextNonce?: boolean
  /** Challenges before the ones for digest. */
  readonly others?: ReadonlyArray<string>
}

const nodeNames: Readonly<Record<string, string>> = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" }

const fieldsOf = (header: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(header.matchAll(/([a-z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g), ([, name = "", quoted, plain]) => [
      name,
      quoted?.replace(/\\(.)/g, "$1") ?? plain ?? ""
    ])
  )

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

export class DigestJudge {
  readonly #settings: Settings
  readonly #nonces = new Map<string, number>()
  readonly opaque = randomBytes(6).toString("base64")

  constructor(settings: Settings) {
    this.#settings = settings
  }

  newNonce(): string {
    const nonce = randomBytes(12).toString("base64")
    this.#nonces.set(nonce, 0)
    return nonce
  }

  challenges(stale: boolean): ReadonlyArray<string> {
    const { algorithms = ["SHA-256"], others = [], realm = "all", userhash } = this.#settings
    const qop = "qop" in this.#settings ? this.#settings.qop : "auth"
    return [
      ...others,
      ...algorithms.map((algorithm) =>
        [
          `Digest realm="${realm.replace(/["\\]/g, "\\$&")}"`,
          ...(qop === undefined ? [] : [`qop="${qop}"`]),
          `algorithm=${algorithm}`,
          `nonce="${this.newNonce()}"`,
          `opaque="${this.opaque}"`,
          "charset=UTF-8",
          ...(userhash === true ? ["userhash=true"] : []),
          ...(stale ? ["stale=true"] : [])
        ].join(", ")
      )
    ]
  }

  judge(method: string, url: string, authorization: string | undefined, body: Buffer): "right" | "wrong" | "stale" {
    if (authorization === undefined || !authorization.startsWith("Digest ")) return "wrong"
    const fields = fieldsOf(authorization.slice(7))
    const { algorithm = "MD5", cnonce = "", nc = "", nonce = "", opaque, qop, realm, response, uri } = fields
    const H = (content: string | Buffer) =>
      createHash(nodeNames[algorithm.replace(/-sess$/, "")] ?? "sha1")
        .update(content)
        .digest("hex")
    const used = this.#nonces.get(nonce)
    const user = this.#userOf(fields, H)
    if (user === undefined || uri !== url || opaque !== this.opaque || realm !== (this.#settings.realm ?? "all")) {
      return "wrong"
    }
    const A1 = `${user}:${realm}:${this.#settings.users[user]}`
    const key = algorithm.endsWith("-sess") ? H(`${H(A1)}:${nonce}:${cnonce}`) : H(A1)
    const A2 = qop === "auth-int" ? `${method}:${uri}:${H(body)}` : `${method}:${uri}`
    const expected =
      qop === undefined ? H(`${key}:${nonce}:${H(A2)}`) : H(`${key}:${nonce}:${nc}:${cnonce}:${qop}:${H(A2)}`)
    if (response !== expected) return "wrong"
    const count = qop === undefined ? (used ?? 0) + 1 : Number.parseInt(nc, 16)
    if (used === undefined || count <= used || count > (this.#settings.usesOfNonce ?? 1_000)) return "stale"
    this.#nonces.set(nonce, count)
    return "right"
  }

  #userOf(fields: Record<string, string>, H: (content: string) => string): string | undefined {
    const { realm = "all", users } = this.#settings
    const extended = fields["username*"]?.replace(/^UTF-8''/, "")
    const named = extended === undefined ? fields["username"] : decodeURIComponent(extended)
    return fields["userhash"] === "true"
      ? Object.keys(users).find((user) => H(`${user}:${realm}`) === named)
      : Object.keys(users).find((user) => user === named)
  }
}

/** Answers with what it was sent, to those who know the password. */
export const digestServer = (settings: Settings): Effect.Effect<Loopback, never, Scope.Scope> => {
  const judge = new DigestJudge(settings)
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const verdict = judge.judge(request.method ?? "", request.url ?? "", request.headers.authorization, body)
    if (verdict !== "right") {
      response.writeHead(401, { "www-authenticate": [...judge.challenges(verdict === "stale")] })
      return void response.end(request.headers.authorization ?? "who?")
    }
    response.writeHead(200, {
      "content-type": "application/json",
      ...(settings.nextNonce === true && { "authentication-info": `qop=auth, nextnonce="${judge.newNonce()}"` })
    })
    response.end(JSON.stringify(body.toString()))
  }
  return loopback((request, response) => void answer(request, response))
}
