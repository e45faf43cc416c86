/**
 * The certified `oidc-provider` on a free port of 127.0.0.1: it replaces refresh tokens at each use and ends the session
 * when an old one comes again. What it knows survives a restart.
 */
import { Effect, type Scope } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { type Adapter, type AdapterPayload, type ClientMetadata, type Configuration, Provider } from "oidc-provider"

export interface OidcServer {
  readonly issuer: string
  /** How many times the token endpoint was asked for each kind of grant. */
  readonly asked: ReadonlyMap<string, number>
  /** Ends the process, as far as anybody can see, and starts it again on the same port. */
  readonly restart: (change?: Partial<Configuration>) => Promise<void>
  /** Waited for before the token endpoint answers. */
  hold: () => Promise<unknown>
}

export const redirectUri = "http://127.0.0.1:9/callback"

const everyGrant = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code"
]

const clientOf = (id: string, more: Partial<ClientMetadata>): ClientMetadata => ({
  client_id: id,
  grant_types: everyGrant,
  redirect_uris: [redirectUri],
  response_types: ["code"],
  application_type: "native",
  ...more
})

/** With what form-encoding changes. */
export const clientSecret = "s3cr3t +&=%:/~-abcdefghijklmnopqrstuvwxyz"

export const clients = (publicKey?: object): ReadonlyArray<ClientMetadata> => [
  clientOf("by-basic", { client_secret: clientSecret, token_endpoint_auth_method: "client_secret_basic" }),
  clientOf("by-post", { client_secret: clientSecret, token_endpoint_auth_method: "client_secret_post" }),
  clientOf("by-secret-jwt", {
    client_secret: clientSecret,
    token_endpoint_auth_method: "client_secret_jwt",
    token_endpoint_auth_signing_alg: "HS256"
  }),
  clientOf("by-none", {
    token_endpoint_auth_method: "none",
    grant_types: everyGrant.filter((grant) => grant !== "client_credentials")
  }),
  ...(publicKey === undefined
    ? []
    : [
        clientOf("by-key", {
          token_endpoint_auth_method: "private_key_jwt",
          token_endpoint_auth_signing_alg: "ES256",
          jwks: { keys: [publicKey] }
        })
      ])
]

/** A key that the server signs ID tokens with. */
export const signingKey = (kid: string) => ({
  ...generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ format: "jwk" }),
  kid,
  alg: "RS256",
  use: "sig"
})

interface Row {
  readonly payload: AdapterPayload
  readonly expiresAt: number
}

/** What a database would hold. */
class Tables {
  readonly rows = new Map<string, Row>()

  adapterOf = (model: string): Adapter => {
    const find = (holds: (payload: AdapterPayload) => boolean) => {
      const found = Array.from(this.rows).find(([key, { payload }]) => key.startsWith(`${model}:`) && holds(payload))
      return Promise.resolve(found?.[1].payload)
    }
    return {
      upsert: async (id, payload, expiresIn) => {
        const expiresAt = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1_000
        this.rows.set(`${model}:${id}`, { payload, expiresAt })
      },
      find: async (id) => {
        const row = this.rows.get(`${model}:${id}`)
        return row !== undefined && Date.now() < row.expiresAt ? row.payload : undefined
      },
      findByUid: (uid) => find((payload) => payload.uid === uid),
      findByUserCode: (userCode) => find((payload) => payload.userCode === userCode),
      consume: async (id) => {
        const row = this.rows.get(`${model}:${id}`)
        if (row !== undefined) {
          this.rows.set(`${model}:${id}`, {
            ...row,
            payload: { ...row.payload, consumed: Math.floor(Date.now() / 1_000) }
          })
        }
      },
      destroy: async (id) => void this.rows.delete(`${model}:${id}`),
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of this.rows) if (payload.grantId === grantId) this.rows.delete(key)
      }
    }
  }
}

const configuration = (tables: Tables, change: Partial<Configuration>): Configuration => ({
  adapter: tables.adapterOf,
  clients: clients(),
  cookies: { keys: ["cookies are signed with this"] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => Promise.resolve(true),
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  scopes: ["openid", "offline_access", "calendar.read"],
  ttl: {
    AccessToken: 3_600,
    ClientCredentials: 600,
    DeviceCode: 600,
    Grant: 86_400,
    IdToken: 3_600,
    Interaction: 600,
    RefreshToken: 86_400,
    Session: 86_400
  },
  jwks: { keys: [signingKey("first")] },
  ...change,
  // The union of the types cannot be told apart through a spread.
  features: {
    devInteractions: { enabled: false },
    deviceFlow: {
      enabled: true,
      successSource: async (context) => void (context.body = "Sign-in Success"),
      userCodeConfirmSource: async (context, form) => void (context.body = form),
      userCodeInputSource: async (context, form) => void (context.body = form)
    },
    introspection: { enabled: true, allowedPolicy: async () => true },
    revocation: { enabled: true, allowedPolicy: async () => true },
    clientCredentials: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    ...change.features
  } as Configuration["features"]
})

/** Everybody who comes is alice, and she agrees to everything. */
const agree = async (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { params, prompt } = await provider.interactionDetails(request, response)
  if (prompt.name === "login") {
    await provider.interactionFinished(request, response, { login: { accountId: "alice" } })
    return
  }
  const grant = new provider.Grant({ accountId: "alice", clientId: String(params["client_id"]) })
  grant.addOIDCScope(String(params["scope"] ?? "openid"))
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
}

class Running {
  readonly asked = new Map<string, number>()
  readonly #tables = new Tables()
  #server: Server | undefined
  #port = 0
  hold = (): Promise<unknown> => Promise.resolve()

  async start(change: Partial<Configuration>): Promise<void> {
    const server = createServer()
    await once(server.listen(this.#port, "127.0.0.1"), "listening")
    const address = server.address()
    if (address === null || typeof address === "string") throw new Error("the server has no port")
    this.#port = address.port
    this.#server = server
    const provider = new Provider(this.issuer, configuration(this.#tables, change))
    provider.use(async (context, next) => {
      if (context.path !== "/token") return next()
      await this.hold()
      await next()
      const grant = String(context.oidc.params?.["grant_type"])
      this.asked.set(grant, (this.asked.get(grant) ?? 0) + 1)
    })
    const answer = provider.callback()
    server.on("request", (request, response) => {
      if (request.url?.startsWith("/interaction/") === true) void agree(provider, request, response)
      else void answer(request, response)
    })
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = once(server, "close")
    server.close()
    server.closeAllConnections()
    await closed
  }

  async restart(change: Partial<Configuration>): Promise<void> {
    await this.stop()
    await this.start(change)
  }
}

export const oidcServer = (change: Partial<Configuration> = {}): Effect.Effect<OidcServer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const running = new Running()
      await running.start(change)
      return Object.assign(running, {
        restart: (again: Partial<Configuration> = {}) =>
          Running.prototype.restart.call(running, { ...change, ...again })
      })
    }),
    (running) => Effect.promise(() => running.stop())
  )
