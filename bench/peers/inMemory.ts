/** A provider in memory that answers at once with the same JSON, so that what is measured is what is around it. */
import { Effect, Layer } from "effect"
import { Headers, HttpClient, type HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"

const text = '{"id":"ch_1","amount":1250}'

/** What is overridden here costs nothing to read; the rest is the response's own. */
const answer = (request: HttpClientRequest.HttpClientRequest, status: number): HttpClientResponse.HttpClientResponse =>
  Object.create(HttpClientResponse.fromWeb(request, new Response(null, { status })), {
    headers: {
      value: Headers.fromInput({ "content-type": "application/json", "content-length": String(text.length) })
    },
    text: { value: Effect.succeed(text) },
    json: { value: Effect.succeed(JSON.parse(text)) }
  }) as HttpClientResponse.HttpClientResponse

/** Answers every request with one response, made once. */
export const answering = (status = 200): HttpClient.HttpClient => {
  let response: HttpClientResponse.HttpClientResponse | undefined
  return HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    (request) => Effect.map(request, (request) => (response ??= answer(request, status))),
    Effect.succeed
  )
}

export const layer = (status?: number): Layer.Layer<HttpClient.HttpClient> =>
  Layer.sync(HttpClient.HttpClient, () => answering(status))

/** Runs an effect so many times on one fibre. */
export const times = (count: number, effect: Effect.Effect<unknown, unknown>): Promise<void> =>
  Effect.runPromise(
    Effect.suspend(() => {
      let left = count
      return Effect.whileLoop({ while: () => left-- > 0, body: () => effect, step: () => {} })
    })
  )
