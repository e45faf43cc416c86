/** The constructors of the packages for Node and for providers. */
import { WebhookReceiver, SignatureScheme } from "@causeway/core/webhook"
import { Integration } from "@causeway/core/client"
import { Browser, Files, Sqlite, Transport, WebhookListener } from "@causeway/node"
import { GitHubAuth } from "@causeway/providers/github"
import { GoogleAuth } from "@causeway/providers/google"
import { ShopifyAuth } from "@causeway/providers/shopify"
import { SlackAuth } from "@causeway/providers/slack"
import { ZohoDeskWebhook } from "@causeway/providers/zoho-desk"
import { Config, Effect, Redacted, Schedule } from "effect"
import { Agent } from "undici"
import * as accepted from "./accepted.ts"
import type { Accepted, Row } from "./walk.ts"

class Shop extends Integration.Service<Shop>()("app/Shop", { baseUrl: "https://api.example.com", endpoints: [] }) {}

const secret = Config.Redacted("SECRET")

const forEver: Accepted = { values: ["Infinity"], why: "waits for as long as it takes" }

const requests = { headersTimeout: 500, bodyTimeout: 500, followRedirects: 5, bufferBytes: 500, discardBytes: 500 }

const requestsAccept = {
  "": accepted.allOptional,
  headersTimeout: accepted.both(accepted.durationInNumbers, forEver),
  bodyTimeout: accepted.both(accepted.durationInNumbers, forEver)
}

const dispatcher = new Agent()

const receiver = WebhookReceiver.make({
  source: "app",
  scheme: SignatureScheme.standardWebhooks,
  secrets: Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
  onEvent: () => Effect.void
})

const callback = () => undefined

const node: ReadonlyArray<Row> = [
  {
    name: "node/Transport.make",
    options: requests,
    make: (options: never) => Transport.make(dispatcher, options),
    accepts: requestsAccept
  },
  {
    name: "node/Transport.layerDispatcher",
    options: { dispatcher, options: requests },
    isPositional: true,
    make: (given: { dispatcher: Agent; options: never }) => Transport.layerDispatcher(given.dispatcher, given.options),
    accepts: {
      options: accepted.allOptional,
      "options.headersTimeout": requestsAccept.headersTimeout,
      "options.bodyTimeout": requestsAccept.bodyTimeout
    },
    whole: ["dispatcher"]
  },
  {
    name: "node/Transport.layerWith",
    omits: ["tls.ca", "tls.cert", "tls.key"],
    options: {
      ...requests,
      connections: 5,
      connectTimeout: 500,
      keepAliveTimeout: 500,
      pipelining: 5,
      http2: true,
      proxy: "http://proxy.example.com:8080",
      lookup: callback,
      tls: { servername: "api.example.com", allowUntrustedCertificates: true, passphrase: Redacted.make("secret") }
    },
    make: Transport.layerWith,
    accepts: {
      ...requestsAccept,
      connectTimeout: accepted.durationInNumbers,
      keepAliveTimeout: accepted.durationInNumbers,
      tls: accepted.allOptional,
      "tls.servername": accepted.text
    }
  },
  {
    name: "node/Transport.layerWith (certificates)",
    fullIn: "node/Transport.layerWith",
    options: { tls: { ca: [], cert: undefined, key: undefined } },
    make: Transport.layerWith,
    accepts: {
      "": accepted.allOptional,
      tls: accepted.allOptional
    }
  },
  ...[Sqlite.make, Sqlite.layer].map((make) => ({
    name: `node/Sqlite.${make.name}`,
    options: {
      filename: ":memory:",
      readOnly: false,
      busyTimeout: 500,
      synchronous: "full",
      foreignKeys: true,
      statementCacheSize: 5
    },
    make: make as Row["make"],
    accepts: { filename: accepted.text, busyTimeout: accepted.durationInNumbers }
  })),
  {
    name: "node/Files.download",
    options: { path: "file", onProgress: callback, attempts: 5, schedule: Schedule.recurs(3), verify: true },
    make: (options: never) => Files.download(() => Effect.die("called"), options),
    accepts: { path: accepted.text }
  },
  {
    name: "node/Files.upload",
    options: { path: "file", options: { contentType: "text/plain", onProgress: callback } },
    isPositional: true,
    make: ({ options, path }: { options: never; path: string }) => Files.upload(path, options),
    accepts: { path: accepted.text, options: accepted.allOptional, "options.contentType": accepted.text }
  },
  {
    name: "node/Files.blob",
    options: { path: "file", options: { contentType: "text/plain" } },
    isPositional: true,
    make: ({ options, path }: { options: never; path: string }) => Files.blob(path, options),
    accepts: { path: accepted.text, options: accepted.allOptional, "options.contentType": accepted.text }
  },
  {
    name: "node/Browser.make",
    options: { start: callback, platform: "linux" },
    isPositional: true,
    make: ({ platform, start }: { platform: string; start: Browser.Start }) => Browser.make(start, platform),
    accepts: { platform: accepted.text }
  },
  {
    name: "node/WebhookListener.serve",
    options: { port: 0, host: "127.0.0.1", server: { keepAlive: true }, closeTimeout: 500 },
    make: (options: never) => WebhookListener.serve(receiver, options),
    accepts: {
      "": accepted.allOptional,
      host: accepted.text,
      closeTimeout: accepted.durationInNumbers,
      server: { values: ["an empty record", "a value without a text"], why: "the options of Node's server" },
      "server.keepAlive": accepted.anything
    },
    open: ["server"]
  },
  {
    name: "node/WebhookListener.make",
    options: { receiver, options: { closeTimeout: 500 } },
    isPositional: true,
    make: (given: { receiver: typeof receiver; options: never }) => WebhookListener.make(given.receiver, given.options),
    accepts: { options: accepted.allOptional, "options.closeTimeout": accepted.durationInNumbers },
    whole: ["receiver"]
  }
]

const tokens = {
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
  leeway: accepted.durationInNumbers,
  cooldown: accepted.durationInNumbers,
  maxCooldown: accepted.durationInNumbers,
  timeout: accepted.durationInNumbers,
  lease: accepted.durationInNumbers,
  keepFresh: accepted.durationInNumbers,
  onReauthorization: accepted.aFunction
}

const shopify = { ...tokens, tenant: "acme", shop: "acme.myshopify.com", clientId: "app" }

const shopifyAccept = { ...tokensAccept, tenant: accepted.text, clientId: accepted.text }

const installation = {
  ...tokens,
  userAgent: "app",
  appId: "5",
  installationId: 5,
  repositories: ["shop"],
  repositoryIds: [5],
  permissions: { contents: "read" }
}

const installationAccept = {
  ...tokensAccept,
  userAgent: accepted.text,
  appId: accepted.text,
  repositories: accepted.anyList,
  "repositories.0": accepted.text,
  repositoryIds: accepted.anyList,
  permissions: accepted.allOptional
}

const google = { ...tokens, tenant: "acme", stamp: callback, scope: ["read"], subject: "a@example.com" }

const googleAccept = {
  ...tokensAccept,
  tenant: accepted.text,
  scope: accepted.text,
  "scope.0": accepted.text,
  subject: accepted.text
}

const providers: ReadonlyArray<Row> = [
  {
    name: "providers/GitHubAuth.token",
    options: { token: secret, options: { userAgent: "app" } },
    isPositional: true,
    make: ({ options, token }: { options: never; token: typeof secret }) => GitHubAuth.token(token, options),
    accepts: { options: accepted.allOptional, "options.userAgent": accepted.text },
    whole: ["token"]
  },
  {
    name: "providers/GitHubAuth.anonymous",
    options: { userAgent: "app" },
    make: GitHubAuth.anonymous,
    accepts: { "": accepted.allOptional, userAgent: accepted.text }
  },
  {
    name: "providers/GitHubAuth.appJwt",
    options: { appId: "5", privateKey: secret },
    isPositional: true,
    make: ({ appId, privateKey }: { appId: string; privateKey: typeof secret }) => GitHubAuth.appJwt(appId, privateKey),
    accepts: { appId: accepted.text },
    whole: ["privateKey"]
  },
  {
    name: "providers/GitHubAuth.installationGrant",
    options: installation,
    make: GitHubAuth.installationGrant,
    accepts: installationAccept,
    open: ["permissions"]
  },
  {
    name: "providers/GitHubAuth.installation",
    options: installation,
    make: (options: never) => GitHubAuth.installation(options, secret),
    accepts: installationAccept,
    open: ["permissions"]
  },
  {
    name: "providers/GoogleAuth.serviceAccountGrant",
    options: google,
    make: (options: never) => GoogleAuth.serviceAccountGrant("app/Shop", options, secret),
    accepts: googleAccept
  },
  {
    name: "providers/GoogleAuth.serviceAccount",
    options: google,
    make: (options: never) => GoogleAuth.serviceAccount(Shop, options, secret),
    accepts: googleAccept
  },
  {
    name: "providers/ShopifyAuth.accessToken",
    options: { integration: Shop, token: secret },
    isPositional: true,
    make: ({ integration, token }: { integration: typeof Shop; token: typeof secret }) =>
      ShopifyAuth.accessToken(integration, token),
    whole: ["integration", "token"]
  },
  {
    name: "providers/ShopifyAuth.server",
    options: { shop: "acme.myshopify.com" },
    isPositional: true,
    make: ({ shop }: { shop: string }) => ShopifyAuth.server(shop)
  },
  {
    name: "providers/ShopifyAuth.clientCredentials",
    options: shopify,
    make: (options: never) => ShopifyAuth.clientCredentials(Shop, options, secret),
    accepts: shopifyAccept
  },
  {
    name: "providers/ShopifyAuth.tokenExchange",
    options: {
      ...shopify,
      sessionToken: Effect.succeed(Redacted.make("secret")),
      requested: "online",
      expiring: true
    },
    make: (options: never) => ShopifyAuth.tokenExchange(Shop, options, secret),
    accepts: shopifyAccept
  },
  {
    name: "providers/ZohoDeskWebhook.schemeAt",
    options: { host: "desk.zoho.eu" },
    isPositional: true,
    make: ({ host }: { host: string }) => ZohoDeskWebhook.schemeAt(host)
  },
  {
    name: "providers/SlackAuth.server",
    options: { whose: "bot" },
    isPositional: true,
    make: ({ whose }: { whose: "bot" }) => SlackAuth.server(whose)
  },
  {
    name: "providers/SlackAuth.token",
    options: { integration: Shop, token: secret },
    isPositional: true,
    make: ({ integration, token }: { integration: typeof Shop; token: typeof secret }) =>
      SlackAuth.token(integration, token),
    whole: ["integration", "token"]
  },
  {
    name: "providers/SlackAuth.rotating",
    options: {
      ...tokens,
      tenant: "acme",
      stamp: callback,
      clientId: "app",
      whose: "bot",
      reauthorizeUrl: "https://app.example.com/login"
    },
    make: (options: never) => SlackAuth.rotating(Shop, options, secret),
    accepts: { ...tokensAccept, tenant: accepted.text, clientId: accepted.text, reauthorizeUrl: accepted.text }
  },
  {
    name: "providers/SlackAuth.renewing",
    options: { integration: Shop },
    isPositional: true,
    make: ({ integration }: { integration: typeof Shop }) => SlackAuth.renewing(integration),
    whole: ["integration"]
  }
]

export const rows: ReadonlyArray<Row> = [...node, ...providers]
