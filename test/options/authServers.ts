/** The constructors of the auth room: servers, logins, tokens and where secrets are. */
import {
  AuthorizationCode,
  ClientAuthentication,
  DeviceAuthorization,
  Dpop,
  Grant,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  OAuthQuirks,
  OAuthServer,
  Seal,
  Secret,
  SecretSource,
  SecretSourceFiles,
  Token,
  TokenLeaseRedis,
  TokenStoreKeyValue,
  Tokens,
  ToolLogin,
  WebLogin
} from "@causeway/core/auth"
import { Effect } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as accepted from "./accepted.ts"
import { Shop, redacted, any, several, dpopKey, secret } from "./authParts.ts"
import type { Row } from "./walk.ts"

const server = OAuthServer.make({
  issuer: "https://id.example.com",
  authorizationEndpoint: "https://id.example.com/authorize",
  tokenEndpoint: "https://id.example.com/token"
})

const client = await Effect.runPromise(
  OAuthClient.make({
    integration: "app/Shop",
    server,
    clientId: "app",
    authentication: ClientAuthentication.none
  }).pipe(
    Effect.provideService(
      HttpClient.HttpClient,
      HttpClient.make(() => Effect.die("sent"))
    ),
    Effect.scoped
  )
)

const quirks = {
  successStatuses: [200],
  errorsInSuccess: true,
  errorCodes: { bad_code: "invalid_grant" },
  answers: "json",
  tokenAt: ["user"],
  tokenType: "Bearer",
  scopes: "commas",
  scopeSeparator: ",",
  textualExpiry: true,
  defaultExpiry: 500,
  nullIsAbsent: true,
  secretMembers: ["hook.url"],
  errorAt: { code: ["status"], words: ["message"] },
  plainBasic: true,
  clientIdParameter: "client_id",
  loginWithout: ["nonce"],
  memberNames: "camelCase",
  absoluteExpiry: "date"
}

const quirksAccept = (prefix: string) => ({
  [`${prefix}successStatuses`]: accepted.anyList,
  [`${prefix}errorCodes`]: accepted.allOptional,
  [`${prefix}errorCodes.bad_code`]: accepted.text,
  [`${prefix}tokenAt`]: accepted.anyList,
  [`${prefix}tokenAt.0`]: accepted.text,
  [`${prefix}secretMembers`]: accepted.anyList,
  [`${prefix}secretMembers.0`]: accepted.text,
  [`${prefix}errorAt.code.0`]: accepted.text,
  [`${prefix}errorAt.words`]: accepted.anyList,
  [`${prefix}errorAt.words.0`]: accepted.text,
  [`${prefix}tokenType`]: accepted.text,
  [`${prefix}clientIdParameter`]: accepted.text,
  [`${prefix}loginWithout`]: accepted.anyList
})

const endpoint = "https://id.example.com/token"

const endpoints = {
  authorizationEndpoint: endpoint,
  tokenEndpoint: endpoint,
  deviceAuthorizationEndpoint: endpoint,
  pushedAuthorizationRequestEndpoint: endpoint,
  introspectionEndpoint: endpoint,
  revocationEndpoint: endpoint,
  userinfoEndpoint: endpoint,
  jwksUri: endpoint
}

const wishes = { scope: ["read"], resource: ["https://api.example.com"], audience: "api", parameters: { a: "b" } }

const wishesAccept = {
  scope: { values: ["a text", "an empty text", "an empty array"], why: "any text, or a list of them" } as const,
  "scope.0": accepted.text,
  resource: several,
  "resource.0": accepted.text,
  audience: several,
  parameters: accepted.allOptional,
  "parameters.a": any
}

const grantRow = (name: string, make: Row["make"], options: object = {}, accepts: Row["accepts"] = {}): Row => ({
  name: `auth/${name}`,
  options: { ...wishes, ...options },
  make,
  accepts: { "": accepted.allOptional, ...wishesAccept, ...accepts },
  open: ["parameters"]
})

const authorization = { ...wishes, prompt: "login", loginHint: "a", maxAge: 500, push: true, within: 500 }

const authorizationAccept = (prefix: string) =>
  Object.fromEntries(
    Object.entries({
      ...wishesAccept,
      prompt: accepted.text,
      loginHint: accepted.text,
      maxAge: accepted.durationInNumbers,
      within: accepted.durationInNumbers
    }).map(([name, value]) => [`${prefix}${name}`, value])
  )

const token = Token.make({ accessToken: redacted, obtainedAt: 0, refreshToken: redacted })

const oauth: ReadonlyArray<Row> = [
  {
    name: "auth/OAuthClient.make",
    options: {
      integration: "app/Shop",
      server,
      clientId: "app",
      authentication: ClientAuthentication.none,
      dpop: Dpop.make(dpopKey),
      policy: { timeout: 500 },
      renewalTimeout: "1 minute",
      tenant: "acme"
    },
    make: OAuthClient.make as Row["make"],
    accepts: {
      integration: accepted.text,
      clientId: accepted.text,
      policy: accepted.allOptional,
      renewalTimeout: accepted.duration,
      "policy.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing),
      tenant: accepted.text
    },
    whole: ["server", "authentication", "dpop"]
  },
  {
    name: "auth/OAuthDiscovery.make",
    options: {
      integration: "app/Shop",
      issuer: "https://id.example.com",
      describedIssuer: "https://login.example/{tenantid}",
      kind: "openid",
      timeToLive: 500,
      staleIfError: 500,
      policy: { timeout: 500 },
      quirks,
      allowInsecureRequests: true,
      untrustedIssuer: true,
      allowPrivateNetworks: true
    },
    make: OAuthDiscovery.make,
    accepts: {
      describedIssuer: accepted.text,
      integration: accepted.text,
      timeToLive: accepted.durationInNumbers,
      staleIfError: accepted.durationInNumbers,
      policy: accepted.allOptional,
      "policy.timeout": accepted.both(accepted.durationInNumbers, accepted.nothing),
      quirks: accepted.allOptional,
      ...quirksAccept("quirks.")
    },
    open: ["quirks.errorCodes"]
  },
  {
    name: "auth/OAuthQuirks.make",
    options: quirks,
    make: OAuthQuirks.make,
    accepts: { "": accepted.allOptional, ...quirksAccept("") },
    open: ["errorCodes"]
  },
  {
    name: "auth/OAuthServer.make",
    options: {
      ...endpoints,
      issuer: "https://id.example.com",
      mtlsEndpoints: endpoints,
      namesItselfInCallbacks: true,
      requiresPushedRequests: true,
      idTokenAlgorithms: ["ES256"],
      quirks,
      allowInsecureRequests: true,
      trustedOrigins: ["https://id.example.com"]
    },
    make: OAuthServer.make,
    accepts: {
      "": accepted.allOptional,
      mtlsEndpoints: accepted.allOptional,
      trustedOrigins: accepted.anyList,
      idTokenAlgorithms: accepted.anyList,
      "idTokenAlgorithms.0": accepted.text,
      quirks: accepted.allOptional,
      ...quirksAccept("quirks.")
    },
    open: ["quirks.errorCodes"]
  },
  grantRow("OAuth.clientCredentials", (options: never) => OAuth.clientCredentials(client, options)),
  grantRow(
    "OAuth.refreshing",
    (options: never) => OAuth.refreshing(client, options),
    { reauthorizeUrl: "https://app.example.com/login" },
    {}
  ),
  grantRow("OAuth.refresh", (options: never) => OAuth.refresh(client, token, options)),
  grantRow("OAuth.jwtBearer", (options: never) => OAuth.jwtBearer(client, Effect.succeed(redacted), options)),
  grantRow(
    "OAuth.tokenExchange",
    (options: never) => OAuth.tokenExchange(client, options),
    { subject: Effect.succeed({ token: redacted }), actor: Effect.succeed({ token: redacted }), requestedType: "jwt" },
    { "": { values: [], why: "a subject is needed" }, requestedType: accepted.text }
  ),
  {
    name: "auth/OAuth.introspect",
    options: { hint: "access_token" },
    isPositional: true,
    make: ({ hint }: { hint: "access_token" }) => OAuth.introspect(client, token, hint)
  },
  grantRow("DeviceAuthorization.begin", (options: never) => DeviceAuthorization.begin(client, options)),
  grantRow("ToolLogin.device", (options: never) => ToolLogin.device(client, options)),
  {
    name: "auth/AuthorizationCode.begin",
    options: { ...authorization, redirectUri: "https://app.example.com/callback" },
    make: (options: never) => AuthorizationCode.begin(client, options),
    accepts: authorizationAccept(""),
    open: ["parameters"]
  },
  {
    name: "auth/ToolLogin.loopback",
    options: { ...authorization, path: "/callback", hostname: "localhost" },
    make: (options: never) => ToolLogin.loopback(client, options),
    accepts: { "": accepted.allOptional, ...authorizationAccept("") },
    open: ["parameters"]
  },
  {
    name: "auth/WebLogin.routes",
    options: {
      client,
      origin: "https://app.example.com",
      startPath: "/login",
      callbackPath: "/login/callback",
      redirectUri: "https://app.example.com/login/callback",
      authorization,
      returnTo: ["/"],
      tenant: () => Effect.succeed("acme"),
      tokens: () => Effect.die("asked"),
      onRefused: () => Effect.die("asked")
    },
    make: WebLogin.routes as Row["make"],
    accepts: {
      startPath: accepted.text,
      callbackPath: accepted.text,
      redirectUri: accepted.text,
      authorization: accepted.allOptional,
      ...authorizationAccept("authorization.")
    },
    open: ["authorization.parameters"],
    whole: ["client"]
  },
  {
    name: "auth/OAuth.clientCredentials (client)",
    options: { client },
    isPositional: true,
    make: (given: { client: typeof client }) => OAuth.clientCredentials(given.client),
    whole: ["client"]
  }
]

const form = { startsWith: ["sk_"], pattern: /^sk_/ }

const formAccepts = {
  name: accepted.text,
  form: accepted.allOptional,
  "form.startsWith": several,
  "form.startsWith.0": accepted.text
}

const tokens: Readonly<Record<string, unknown>> = {
  leeway: 500,
  jitter: 0.5,
  cooldown: 500,
  maxCooldown: 500,
  timeout: 500,
  lease: 500,
  keepFresh: 500,
  onReauthorization: () => Effect.void
}

const tokensAccept = {
  "": accepted.allOptional,
  leeway: accepted.durationInNumbers,
  cooldown: accepted.durationInNumbers,
  maxCooldown: accepted.durationInNumbers,
  timeout: accepted.durationInNumbers,
  lease: accepted.durationInNumbers,
  keepFresh: accepted.durationInNumbers,
  onReauthorization: accepted.aFunction
}

const grant = Grant.make({ obtain: Effect.succeed(token) })

const storage: ReadonlyArray<Row> = [
  ...[Secret.named, Secret.config, Secret.expecting].map((make) => ({
    name: `auth/Secret.${make.name}`,
    options: { name: "API_KEY", form },
    isPositional: true,
    make: ({ form, name }: { form: never; name: string }) => make(name, form),
    accepts: formAccepts
  })),
  {
    name: "auth/SecretSource.make",
    options: { pollEvery: 500 },
    make: (options: never) => SecretSource.make(() => Effect.die("asked"), options),
    accepts: { "": accepted.allOptional, pollEvery: accepted.durationInNumbers }
  },
  ...[SecretSource.makeMemory, SecretSource.layerMemory].map((make) => ({
    name: `auth/SecretSource.${make.name}`,
    options: { API_KEY: "secret" },
    make: make as Row["make"],
    accepts: { "": accepted.allOptional, API_KEY: any },
    open: [""]
  })),
  {
    name: "auth/SecretSourceFiles.layer",
    options: { pollEvery: 500 },
    make: SecretSourceFiles.layer,
    accepts: { "": accepted.allOptional, pollEvery: accepted.durationInNumbers }
  },
  {
    name: "auth/SecretSourceFiles.layerFolder",
    options: { pollEvery: 500, folder: "/run/secrets" },
    make: SecretSourceFiles.layerFolder,
    accepts: { "": accepted.allOptional, pollEvery: accepted.durationInNumbers, folder: accepted.text }
  },
  ...[Seal.make, Seal.layer].map((make) => ({
    name: `auth/Seal.${make.name}`,
    options: { keys: [Seal.generateKey("one")] },
    isPositional: true,
    make: ({ keys }: { keys: readonly [Seal.Key] }) => make(keys)
  })),
  {
    name: "auth/Seal.layerConfig",
    options: { keys: secret },
    isPositional: true,
    make: ({ keys }: { keys: typeof secret }) => Seal.layerConfig(keys),
    whole: ["keys"]
  },
  {
    name: "auth/Seal.generateKey",
    options: { id: "one" },
    isPositional: true,
    make: ({ id }: { id: string }) => Seal.generateKey(id)
  },
  {
    name: "auth/Token.make",
    options: {
      accessToken: redacted,
      tokenType: "Bearer",
      obtainedAt: 5,
      expiresAt: 500,
      refreshToken: redacted,
      idToken: redacted,
      scope: ["read"],
      extra: { a: 1 },
      refreshExpiresAt: 500,
      secrets: { "user.token": redacted }
    },
    make: Token.make,
    accepts: {
      refreshExpiresAt: { values: ["-1"], why: "a time before the epoch" },
      secrets: accepted.allOptional,
      tokenType: accepted.text,
      obtainedAt: { values: ["-1"], why: "a time before the epoch" },
      expiresAt: { values: ["-1"], why: "a time before the epoch" },
      scope: accepted.anyList,
      "scope.0": any,
      extra: { values: ["an empty record", "a value without a text"], why: "a record of any values" },
      "extra.a": { ...accepted.anything, values: accepted.anything.values.filter((value) => value !== "7") }
    },
    open: ["extra", "secrets"]
  },
  ...[TokenLeaseRedis.make, TokenLeaseRedis.layer].map((make) => ({
    name: `auth/TokenLeaseRedis.${make.name}`,
    options: { prefix: "app" },
    make: make as Row["make"],
    accepts: { "": accepted.allOptional, prefix: any }
  })),
  ...[TokenStoreKeyValue.make, TokenStoreKeyValue.layer].map((make) => ({
    name: `auth/TokenStoreKeyValue.${make.name}`,
    options: { prefix: "app" },
    make: make as Row["make"],
    accepts: { "": accepted.allOptional, prefix: any }
  })),
  {
    name: "auth/Tokens.make",
    options: tokens,
    make: (options: never) => Tokens.make({ integration: "app/Shop", tenant: "acme" }, grant, options),
    accepts: tokensAccept
  },
  {
    name: "auth/Tokens.make (owner)",
    options: { integration: "app/Shop", tenant: "acme" },
    make: (owner: never) => Tokens.make(owner, grant),
    accepts: { integration: accepted.text, tenant: accepted.text }
  },
  {
    name: "auth/Tokens.layer",
    options: { ...tokens, tenant: "acme", stamp: Tokens.bearer },
    make: (options: never) => Tokens.layer(Shop, grant, options),
    accepts: { ...tokensAccept, tenant: accepted.text }
  },
  {
    name: "auth/Tokens.header",
    options: { header: "x-token" },
    isPositional: true,
    make: ({ header }: { header: string }) => Tokens.header(header)
  },
  {
    name: "auth/Grant.make",
    options: {
      obtain: Effect.succeed(token),
      refresh: () => Effect.succeed(token),
      reauthorizeUrl: "https://app.example.com/login"
    },
    make: Grant.make
  }
]

export const rows: ReadonlyArray<Row> = [...oauth, ...storage]
