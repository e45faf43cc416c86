/** A real server on loopback that gives a key set, or whatever a test has it give, and counts who asks. */
import { Effect } from "effect"
import type { RequestListener } from "node:http"
import { loopback } from "../../policy/loopback.ts"

export interface KeyServer {
  readonly url: string
  readonly asked: () => number
  /** Has it answer in another way from now on. */
  readonly answer: (listener: RequestListener) => void
  /** Has it give these keys from now on. */
  readonly give: (...keys: ReadonlyArray<object>) => void
  /** Ends when the next request was taken in hand. */
  readonly nextRequest: Effect.Effect<void>
}

export const keyServer = Effect.gen(function* () {
  const waiting: Array<() => void> = []
  let listener: RequestListener = (_request, response) => response.end()
  const server = yield* loopback((request, response) => {
    listener(request, response)
    for (const resume of waiting.splice(0)) resume()
  })
  const answer: KeyServer["answer"] = (next) => {
    listener = next
  }
  const keyServer: KeyServer = {
    url: `${server.url}/jwks`,
    asked: () => server.asked.length,
    answer,
    give: (...keys) => answer((_request, response) => response.end(JSON.stringify({ keys }))),
    nextRequest: Effect.callback((resume) => {
      waiting.push(() => resume(Effect.void))
    })
  }
  return keyServer
})
