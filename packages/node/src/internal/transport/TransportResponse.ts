import { Exchange } from "@causeway/core/policy"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Cookies from "effect/http/Cookies"
import * as Headers from "effect/http/Headers"
import { HttpClientError, StatusCodeError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as Failure from "./Failure.ts"
import type { Head, Readable } from "./ResponseBody.ts"
import type { Target } from "./Outgoing.ts"

/** What was sent. */
export interface Sent {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly target: Target
  /** The `accept-encoding` that went along with the request's own headers. */
  readonly acceptEncoding: string | undefined
}

/**
 * What a response was before its content codings were decoded, or the response that was decoded from it, which is kept as
 * long as this one is: its body is released with it.
 */
export type Coded = { readonly head: Head; readonly body: Readable } | { readonly decoded: TransportResponse }

/**
 * The response of undici as Effect sees it; headers and body are decoded when they are asked for. Its fields are no
 * `#fields`, because a response may be the prototype of another, as Effect makes them to change a part.
 */
export class TransportResponse
  extends Inspectable.Class
  implements HttpClientResponse.HttpClientResponse, Exchange.Arriving, Exchange.Decoded, Pipeable
{
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly status: number
  private readonly sent: Sent
  private readonly head: Head
  private readonly body: Readable
  private readonly coded: Coded | undefined
  private sentRequest: HttpClientRequest.HttpClientRequest | undefined = undefined
  private decodedHeaders: Headers.Headers | undefined = undefined
  private decodedCookies: Cookies.Cookies | undefined = undefined
  private copiedBuffer: ArrayBuffer | undefined = undefined

  constructor(sent: Sent, head: Head, body: Readable, coded?: Coded) {
    super()
    this.coded = coded
    this.status = head.status
    this.sent = sent
    this.head = head
    this.body = body
    if (coded === undefined || "head" in coded) body.watch(this)
  }

  /** As it was sent, which is what `Vary` is about. */
  get request(): HttpClientRequest.HttpClientRequest {
    return (this.sentRequest ??= asSent(this.sent))
  }

  get url(): string {
    const { origin, path } = this.sent.target
    return origin + path
  }

  get headers(): Headers.Headers {
    return (this.decodedHeaders ??= Headers.fromInput(this.head.headers))
  }

  get cookies(): Cookies.Cookies {
    return (this.decodedCookies ??= Cookies.fromSetCookie(this.head.headers["set-cookie"] ?? []))
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError> {
    return Stream.mapError(this.body.stream, (failure) => this.unreadable(failure))
  }

  get text(): Effect.Effect<string, HttpClientError> {
    return this.read(toText)
  }

  get json(): Effect.Effect<Schema.Json, HttpClientError> {
    return this.read(toJson, "the body is not JSON")
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError> {
    return this.read(toUrlParams)
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError> {
    return this.read((bytes) => (this.copiedBuffer ??= toArrayBuffer(bytes)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError> {
    return Effect.flatMap(this.arrayBuffer, (buffer) =>
      Effect.tryPromise({
        try: () => new Response(buffer, { headers: this.headers }).formData(),
        catch: () => this.unreadable({ description: "the body is not the form that its content type says" })
      })
    )
  }

  get upgrade(): Effect.Effect<Socket.Socket, HttpClientError> {
    const description = "expected 101 Switching Protocols"
    return Effect.suspend(() =>
      Effect.fail(
        new HttpClientError({ reason: new StatusCodeError({ request: this.request, response: this, description }) })
      )
    )
  }

  /** The bytes of the body, when all of them have come and they are at most `most`. */
  [Exchange.DirectTypeId](most: number): Uint8Array | undefined {
    return this.body.whole(most)
  }

  [Exchange.ReceivedTypeId](): HttpClientResponse.HttpClientResponse {
    const { coded } = this
    return coded !== undefined && "head" in coded
      ? new TransportResponse(this.sent, coded.head, coded.body, { decoded: this })
      : this
  }

  /** Nobody wants the body. */
  letGo(): void {
    this.body.letGo()
  }

  override toJSON(): unknown {
    const { method, url } = this.request
    return HttpIncomingMessage.inspect(this, {
      _id: "HttpClientResponse",
      request: { _id: "HttpClientRequest", method, url: UrlParams.redactUrl(url) },
      status: this.status
    })
  }

  pipe() {
    return pipeArguments(this, arguments)
  }

  /** What went wrong inside of `decode` may quote the body: only `otherwise` is told. */
  private read<A>(
    decode: (bytes: Uint8Array) => A,
    otherwise = "the body cannot be decoded"
  ): Effect.Effect<A, HttpClientError> {
    return Effect.withFiber((fiber) => {
      const most = mostBytes(fiber)
      const whole = this.body.whole(most)
      if (whole !== undefined) return this.decoded(whole, decode, otherwise)
      const collected = Effect.mapError(this.body.collect(most), (failure) => this.unreadable(failure))
      return Effect.flatMap(collected, (bytes) => this.decoded(bytes, decode, otherwise))
    })
  }

  private decoded<A>(bytes: Uint8Array, decode: (bytes: Uint8Array) => A, otherwise: string) {
    try {
      return Effect.succeed(decode(bytes))
    } catch {
      return Effect.fail(this.unreadable({ description: otherwise }))
    }
  }

  private unreadable(failure: Failure.BodyFailure): HttpClientError {
    return Failure.unreadable(this.request, this, failure)
  }
}

const asSent = ({ acceptEncoding, request }: Sent): HttpClientRequest.HttpClientRequest =>
  acceptEncoding === undefined ? request : HttpClientRequest.setHeader(request, "accept-encoding", acceptEncoding)

const mostBytes = (fiber: Fiber.Fiber<unknown, unknown>): number => {
  const most = fiber.getRef(HttpIncomingMessage.MaxBodySize)
  return most === undefined ? Number.POSITIVE_INFINITY : ByteSize.toNumberUnsafe(most)
}

const textDecoder = new TextDecoder()
const formDecoder = new TextDecoder("utf-8", { ignoreBOM: true })

const toText = (bytes: Uint8Array): string => textDecoder.decode(bytes)

const toJson = (bytes: Uint8Array): Schema.Json => {
  const text = toText(bytes)
  return text === "" ? null : JSON.parse(text)
}

/** A question mark in front is part of the form, while `URLSearchParams` would take it for the start of a query. */
const toUrlParams = (bytes: Uint8Array): UrlParams.UrlParams =>
  UrlParams.fromInput(new URLSearchParams(formDecoder.decode(bytes).replace(/^\?/, "%3F")))

/** A copy of what is only a part of a larger buffer, as small bodies are. */
const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength
    ? bytes.buffer
    : new Uint8Array(bytes).buffer
