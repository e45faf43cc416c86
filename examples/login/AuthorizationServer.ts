/**
 * An authorization server on this machine: the certified `oidc-provider`, with its own pages for logging in and agreeing.
 * Anybody may log in, with any password.
 */
import { Effect, type Scope } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import { type Configuration, Provider } from "oidc-provider"

/** The only client it knows, which has no secret. Its redirect URIs may have any port of this machine. */
export const clientId = "the-example"

/** Starts the server on a free port, and gives its name. */
export const start = (redirectPath: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => listen(redirectPath)),
      ({ close }) => Effect.promise(close)
    ),
    ({ issuer }) => issuer
  )

const listen = async (redirectPath: string) => {
  const server = createServer()
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the server has no port")
  const issuer = `http://127.0.0.1:${address.port}`
  const answer = new Provider(issuer, configuration(redirectPath)).callback()
  server.on("request", (request, response) => void answer(request, response))
  const close = async () => {
    const closed = once(server, "close")
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { issuer, close }
}

const configuration = (redirectPath: string): Configuration => ({
  clients: [
    {
      client_id: clientId,
      application_type: "native",
      token_endpoint_auth_method: "none",
      redirect_uris: [`http://127.0.0.1${redirectPath}`],
      response_types: ["code"],
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
    }
  ],
  cookies: { keys: ["the cookies of the example are signed with this"] },
  features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true } },
  jwks: {
    keys: [{ ...generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ format: "jwk" }), use: "sig" }]
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) })
})

/** The library says that its pages and its memory are for development, which is what they are used for. */
for (const level of ["info", "warn"] as const) {
  const say = console[level].bind(console)
  console[level] = (...said: ReadonlyArray<unknown>) => {
    if (!String(said[0]).includes("oidc-provider")) say(...said)
  }
}
