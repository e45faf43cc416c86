import { Result } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { UnsignableRequest } from "../../AuthError.ts"

type Request = HttpClientRequest.HttpClientRequest

class Refusal {
  readonly reason: UnsignableRequest
  constructor(reason: UnsignableRequest) {
    this.reason = reason
  }
}

/** Ends the surrounding {@link attempt}: this request cannot be signed. */
export const refuse = (part: UnsignableRequest["part"], issue: string): never => {
  throw new Refusal(new UnsignableRequest({ part, issue }))
}

/** The result of signing. Anything else that is thrown is a bug, and stays one. */
export const attempt = <A>(sign: () => A): Result.Result<A, UnsignableRequest> => {
  try {
    return Result.succeed(sign())
  } catch (error) {
    if (error instanceof Refusal) return Result.fail(error.reason)
    throw error
  }
}

/** The URL as it is sent. */
export const urlOf = (request: Request): URL => {
  const url = HttpClientRequest.toUrl(request)
  return url._tag === "Some" ? url.value : refuse("url", "is none that could be sent")
}

/** The bytes of the body, as text where it was text; `whatToSet` is told where they are not known yet. */
export const bodyOf = ({ body }: Request, whatToSet: string): string | Uint8Array => {
  switch (body._tag) {
    case "Empty":
      return ""
    case "Uint8Array":
      return body.text ?? body.body
    case "Raw":
      return rawBytes(body.body) ?? refuse("body", `is of a kind whose bytes are not known: ${whatToSet}`)
    case "FormData":
      return refuse("body", `is multipart, whose bytes are not known until it is sent: ${whatToSet}`)
    case "Stream":
      return refuse("body", `is a stream, whose bytes are not known until it is sent: ${whatToSet}`)
  }
}

const rawBytes = (raw: unknown): string | Uint8Array | undefined => {
  if (typeof raw === "string" || raw instanceof Uint8Array) return raw
  if (raw instanceof ArrayBuffer) return new Uint8Array(raw)
  return raw instanceof URLSearchParams ? raw.toString() : undefined
}

/** A value that is sent as it is signed: what is not ASCII would be other bytes, and a line break would be refused. */
export const sendable = (name: string, value: string): string =>
  /^[\t\x20-\x7e]*$/.test(value)
    ? value
    : refuse("headers", `have ${JSON.stringify(name)} with a line break or a character outside of ASCII`)
