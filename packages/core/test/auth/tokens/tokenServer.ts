/** A `RotatingProvider` over HTTP on a free port of 127.0.0.1: its token endpoint, and a resource that wants a token. */
import { Effect, type Scope } from "effect"
import type { IncomingMessage, ServerResponse } from "node:http"
import { loopback } from "../../policy/loopback.ts"
import type { RotatingProvider } from "./rotatingProvider.ts"

export interface TokenServer {
  readonly url: string
  /** The `Authorization` headers of the resource's requests. */
  readonly authorizations: ReadonlyArray<string>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const chunk of request) text += String(chunk)
  return text
}

const send = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

/** `held` is waited for before the token endpoint answers. */
export const tokenServer = (
  provider: RotatingProvider,
  held: () => Promise<unknown> = () => Promise.resolve()
): Effect.Effect<TokenServer, never, Scope.Scope> => {
  const authorizations: Array<string> = []
  const answerToken = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await bodyOf(request))
    const answer = provider.refresh(form.get("refresh_token") ?? "")
    await held()
    send(response, answer.status, answer.body)
  }
  const answerResource = (request: IncomingMessage, response: ServerResponse) => {
    const authorization = request.headers.authorization ?? ""
    authorizations.push(authorization)
    const accepted = provider.accepts(authorization.replace(/^Bearer /, ""))
    send(response, accepted ? 200 : 401, accepted ? "ok" : "no")
  }
  return Effect.map(
    loopback((request, response) => {
      if (request.url === "/token") void answerToken(request, response)
      else answerResource(request, response)
    }),
    ({ url }) => ({ url, authorizations })
  )
}
