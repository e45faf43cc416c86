import { Effect, Stream } from "effect"
import * as Body from "./body.ts"
import type { Machine } from "./machine.ts"
import type { Answer } from "./reception.ts"

/** Answers a request of the Fetch standard. */
export const answer = <E, R>(machine: Machine<E, R>, request: Request): Effect.Effect<Response, never, R> =>
  Effect.map(receive(machine, request), toResponse)

const receive = <E, R>(machine: Machine<E, R>, request: Request): Effect.Effect<Answer, never, R> => {
  const { headers, method, url } = request
  const reception = machine.open({ method, url, headers: [...headers] })
  if (reception.rejection !== undefined) return reception.reject(reception.rejection)
  if (!reception.hasBody || request.body === null) return reception.receive(new Uint8Array())
  if (request.bodyUsed) return reception.reject("BodyAlreadyRead")
  const { body } = request
  const stream = Stream.fromReadableStream({ evaluate: () => body, onError: () => "unreadable" })
  return Effect.matchEffect(
    Body.read(stream, { maxBodySize: reception.maxBodySize, bodyTimeoutMillis: machine.bodyTimeoutMillis }),
    {
      onFailure: (rejection) => reception.reject(rejection),
      onSuccess: (bytes) => reception.receive(bytes)
    }
  )
}

const toResponse = ({ body, headers, status }: Answer): Response =>
  new Response(body === "" ? null : body, { status, headers })
