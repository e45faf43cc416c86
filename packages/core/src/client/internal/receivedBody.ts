/** A body that was read whole, decoded once for all readers. */
import { Effect, Result } from "effect"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as BoundedBody from "../../crypto/BoundedBody.ts"
import * as Charset from "../../crypto/Charset.ts"
import * as Json from "../../crypto/Json.ts"
import * as Exchange from "../../policy/Exchange.ts"
import { undecodable, type Problem, type Undecodable } from "./undecodable.ts"

/** A body that was read whole, under a limit. */
export class ReceivedBody {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  #text: Result.Result<string, Undecodable> | undefined
  #jsonText: Result.Result<string, Undecodable> | undefined
  #json: Result.Result<unknown, Undecodable> | undefined

  constructor(bytes: Uint8Array, contentType: string | undefined) {
    this.bytes = bytes
    this.contentType = contentType
  }

  get isEmpty(): boolean {
    return this.bytes.byteLength === 0
  }

  /** By its byte order mark, the declared charset, or UTF-8. */
  text(): Result.Result<string, Undecodable> {
    return (this.#text ??= Result.mapError(Charset.decodeText(this.bytes, this.contentType), invalidText))
  }

  /** JSON; an empty body is undefined. */
  json(): Result.Result<unknown, Undecodable> {
    return (this.#json ??= this.isEmpty ? absent : Result.flatMap(this.#textOfJson(), parse))
  }

  /** JSON with the digits of its numbers; an empty body is undefined. */
  exactJson(): Result.Result<Json.Exact, Undecodable> {
    return Result.flatMap(this.#textOfJson(), parseExact)
  }

  /** The first `maxBytes` for a person to look at: what is invalid is replaced. */
  excerpt(maxBytes: number): string {
    return Charset.decodeLossy(this.bytes.subarray(0, maxBytes), this.contentType)
  }

  #textOfJson(): Result.Result<string, Undecodable> {
    return (this.#jsonText ??= Result.mapError(Charset.decodeJson(this.bytes, this.contentType), invalidText))
  }
}

const absent: Result.Result<unknown, never> = Result.succeed(undefined)

const invalidText = (error: Charset.InvalidText): Undecodable => undecodable("Text", error.message)

const invalidJson = (error: Json.InvalidJson): Undecodable => undecodable("Json", error.message)

const parse = (text: string): Result.Result<unknown, Undecodable> => Result.mapError(Json.parse(text), invalidJson)

const parseExact = (text: string): Result.Result<Json.Exact, Undecodable> =>
  Result.mapError(Json.parseExact(text), invalidJson)

/** Reads a body whole, up to a limit; at once where it has arrived already. */
export const readBody = (response: HttpClientResponse, maxBytes: number): Effect.Effect<ReceivedBody, Problem> => {
  const contentType = response.headers["content-type"]
  const arrived = Exchange.arrivedBody(response, maxBytes)
  return arrived === undefined
    ? Effect.map(readBytes(response, maxBytes), (bytes) => new ReceivedBody(bytes, contentType))
    : Effect.succeed(new ReceivedBody(arrived, contentType))
}

const readBytes = (response: HttpClientResponse, maxBytes: number): Effect.Effect<Uint8Array, Problem> =>
  isSurelyWithin(response, maxBytes)
    ? Effect.map(Effect.mapError(response.arrayBuffer, Exchange.brokenBy), (buffer) => new Uint8Array(buffer))
    : Effect.mapError(BoundedBody.read(Exchange.bytes(response), maxBytes), (problem) =>
        problem._tag === "BodyTooLarge" ? undecodable("TooLarge", problem.message) : problem
      )

const isSurelyWithin = (response: HttpClientResponse, maxBytes: number): boolean => {
  const length = response.headers["content-length"]
  const compressed = response.headers["content-encoding"] !== undefined
  return length !== undefined && !compressed && Number(length) <= maxBytes
}
