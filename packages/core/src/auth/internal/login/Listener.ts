import { Deferred, Effect, Exit } from "effect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { AuthError, InvalidCallback } from "../../AuthError.ts"
import * as AuthErrors from "../../AuthError.ts"
import type { Token } from "../../Token.ts"

type Response = HttpServerResponse.HttpServerResponse

type Why = InvalidCallback["why"] | "method" | "path" | "again"

interface Expected {
  /** The very address that this listens on, and the port. */
  readonly host: string
  readonly path: string
  readonly state: string
  readonly came: Deferred.Deferred<URLSearchParams>
  readonly outcome: Deferred.Deferred<Token, AuthError>
}

const statuses: Readonly<Record<Why, number>> = {
  host: 421,
  method: 405,
  path: 404,
  again: 410,
  state: 400,
  nonce: 400,
  issuer: 400,
  code: 400,
  returnTo: 400,
  session: 400,
  expired: 400
}

/** Takes the one answer that a login waits for, and turns everything else away. */
export class Listener {
  readonly #expected: Expected
  readonly #turnedAway = new Set<Why>()
  #isTaken = false

  constructor(expected: Expected) {
    this.#expected = expected
  }

  /** Why something was turned away, each reason once. */
  get turnedAway(): ReadonlyArray<Why> {
    return [...this.#turnedAway]
  }

  readonly answer: Effect.Effect<Response, never, HttpServerRequest> = Effect.flatMap(HttpServerRequest, (request) => {
    const { pathname, search } = partsOf(request.url)
    const parameters = new URLSearchParams(search)
    const why = this.#problemOf(request, pathname, parameters)
    if (why !== undefined) {
      this.#turnedAway.add(why)
      return Effect.succeed(page("This is not the answer to a login", `It was turned away (${why}).`, statuses[why]))
    }
    this.#isTaken = true
    const { came, outcome } = this.#expected
    return Effect.andThen(Deferred.succeed(came, parameters), Effect.map(Effect.exit(Deferred.await(outcome)), pageOf))
  })

  #problemOf(request: HttpServerRequest, pathname: string, parameters: URLSearchParams): Why | undefined {
    const { host, path, state } = this.#expected
    // A page of the web reaches this port under a name of its own: the name tells it apart.
    if (request.headers["host"] !== host) return "host"
    if (pathname !== path) return "path"
    if (request.method !== "GET") return "method"
    if (this.#isTaken) return "again"
    const [came, ...others] = parameters.getAll("state")
    return came === state && others.length === 0 ? undefined : "state"
  }
}

const partsOf = (url: string) => {
  const at = url.indexOf("?")
  return at < 0 ? { pathname: url, search: "" } : { pathname: url.slice(0, at), search: url.slice(at) }
}

const pageOf = (exit: Exit.Exit<Token, AuthError>): Response => {
  if (Exit.isSuccess(exit)) return page("You are logged in", "You can close this page.", 200)
  const error = Exit.findErrorOption(exit)
  const why = error._tag === "Some" ? nameOf(error.value) : "interrupted"
  return page("The login was refused", `The reason is in the program that asked for it (${why}).`, 400)
}

const nameOf = ({ reason }: AuthError): string =>
  reason instanceof AuthErrors.InvalidCallback ? reason.why : reason._tag

/** Nothing on it is loaded or run, and nothing of it is kept or told to others. */
const page = (title: string, text: string, status: number): Response =>
  HttpServerResponse.text(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>\n`,
    {
      status,
      contentType: "text/html; charset=utf-8",
      headers: {
        "cache-control": "no-store",
        connection: "close",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff"
      }
    }
  )
