import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import { type Dispatcher, errors } from "undici"
import * as contentCodings from "./contentCodings.ts"
import { DecodedBody } from "./DecodedBody.ts"
import * as Failure from "./Failure.ts"
import { type Head, lengthOf, type Limits, type RawHeaders, ResponseBody } from "./ResponseBody.ts"
import * as Outgoing from "./Outgoing.ts"
import { TransportResponse } from "./TransportResponse.ts"

/** What is sent. */
export interface Dispatched {
  readonly request: HttpClientRequest
  readonly target: Outgoing.Target
  readonly upload: Outgoing.Upload
  /** The `accept-encoding` that is sent along, where the request has none. */
  readonly acceptEncoding: string | undefined
  /** Aborts the request, or its response, whenever it fires; most requests have none. */
  readonly signal: AbortSignal | undefined
}

/** Who waits for a response. */
export interface Told {
  readonly responded: (response: TransportResponse) => void
  readonly broke: (error: HttpClientError) => void
}

const now = Promise.resolve()

/** What undici says of a request that it does not send. */
const refusals: ReadonlySet<unknown> = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
])

/**
 * One request, from its dispatch to the end of its response. Who waits is told once: of the response, as soon as all that
 * came along with the headers has been read, or of what broke before. It holds on to no response, so that one that nobody
 * reads can be collected as garbage.
 */
export class InFlight implements Dispatcher.DispatchHandler {
  readonly #outgoing: Dispatched
  readonly #limits: Limits
  #told: Told | undefined
  #controller: Dispatcher.DispatchController | undefined = undefined
  #body: ResponseBody | undefined = undefined
  #isAborted = false

  constructor(outgoing: Dispatched, limits: Limits, told: Told) {
    this.#outgoing = outgoing
    this.#limits = limits
    this.#told = told
    if (outgoing.signal?.aborted === true) this.handleEvent()
    else outgoing.signal?.addEventListener("abort", this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isAborted) controller.abort(new errors.RequestAbortedError())
    else this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    // An informational response comes before the real one.
    if (status < 200 || this.#isAborted) return
    const head = { status, headers }
    const body = new ResponseBody(controller, this.#limits, head)
    this.#body = body
    this.#tell((told) =>
      told.responded(
        headers["content-encoding"] === undefined
          ? new TransportResponse(this.#outgoing, head, body)
          : this.#coded(head, body)
      )
    )
  }

  #coded(head: Head, body: ResponseBody): TransportResponse {
    const codings = contentCodings.codingsOf(this.#outgoing.request.method, head)
    if (codings.length === 0) return new TransportResponse(this.#outgoing, head, body)
    const decodedHead = { ...head, headers: contentCodings.decodedHeaders(head.headers) }
    return new TransportResponse(this.#outgoing, decodedHead, new DecodedBody(body, codings, lengthOf(head)), {
      head,
      body
    })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.push(chunk)
  }

  onResponseEnd(): void {
    this.#finish()
    this.#body?.complete()
  }

  onResponseError(controller: Dispatcher.DispatchController | null, cause: unknown): void {
    const { request, upload } = this.#outgoing
    // Read before the upload is released, which ends its stream as well.
    const payload = upload.failure?.()
    this.#finish()
    if (this.#body !== undefined) return this.#body.fail({ cause })
    const isByProxy = Failure.isByProxy(cause)
    const sent = this.#controller !== undefined && !isByProxy
    if (payload !== undefined) {
      return this.#tell((told) => told.broke(Failure.broken(request, payload.error, { sent, isPayload: true })))
    }
    const isRefused = !sent && !isByProxy && refusals.has(codeOf(cause))
    // Dispatchers that send nothing, such as those of tests, say null; only the cause says how far a request came.
    const progress = controller === null && !isByProxy ? undefined : { sent, isPayload: false }
    this.#tell((told) =>
      told.broke(isRefused ? Failure.notSent(request, cause) : Failure.broken(request, cause, progress))
    )
  }

  /** Nobody waits any more. */
  abort(): void {
    this.#told = undefined
    this.#end()
  }

  /** The signal's; somebody may still wait. */
  handleEvent(): void {
    this.#end()
    const progress = { sent: this.#controller !== undefined, isPayload: false }
    this.#tell((told) => told.broke(Failure.broken(this.#outgoing.request, new errors.RequestAbortedError(), progress)))
  }

  #end(): void {
    this.#isAborted = true
    this.#finish()
    if (this.#body === undefined) this.#controller?.abort(new errors.RequestAbortedError())
    else this.#body.abort()
  }

  /** Later: undici is parsing, and what a fibre does next, such as another request, may not happen inside of that. */
  #tell(tell: (told: Told) => void): void {
    void now.then(() => {
      const told = this.#told
      this.#told = undefined
      if (told !== undefined) tell(told)
    })
  }

  #finish(): void {
    const { signal, upload } = this.#outgoing
    signal?.removeEventListener("abort", this)
    if (upload.body !== null) Outgoing.release(upload.body)
  }
}

const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
