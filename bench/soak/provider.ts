/** A provider that does everything wrong, as a process of its own: mostly it answers, and else it fails in all ways. */
import { createServer, type ServerResponse } from "node:http"

const document = JSON.stringify({ id: "ch_1", amount: 1250, currency: "eur" })

const large = "x".repeat(200_000)

const end = (response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body)
}

type Fault = (response: ServerResponse) => unknown

const pick = <A>(values: readonly [A, ...ReadonlyArray<A>]): A =>
  values[Math.floor(Math.random() * values.length)] ?? values[0]

const faults: readonly [Fault, ...ReadonlyArray<Fault>] = [
  (response) => end(response, pick([500, 502, 503, 404, 401, 302]), "{}"),
  (response) => end(response, 503, large, { "retry-after": pick(["0", "1", "86400", "soon", "-1", ""]) }),
  (response) => end(response, 429, "{}", { "retry-after-ms": pick(["1", "20", "abc"]) }),
  (response) => end(response, 200, '{"id":'),
  (response) => end(response, 200, large),
  (response) => response.socket?.resetAndDestroy(),
  (response) => response.socket?.destroy(),
  // Never answers.
  () => {},
  // Begins to answer, and stalls.
  (response) => response.writeHead(200, { "content-type": "application/json" }).write('{"id":'),
  // Ends in the middle of its body.
  (response) => {
    response.writeHead(200, { "content-length": "1000" })
    response.write('{"id":', () => response.socket?.destroy())
  }
]

const server = createServer((request, response) => {
  request.resume()
  response.on("error", () => {})
  if (Math.random() < 0.95) end(response, 200, document, { "cache-control": pick(["no-store", "max-age=1"]) })
  else pick(faults)(response)
})

server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
process.on("disconnect", () => process.exit())
