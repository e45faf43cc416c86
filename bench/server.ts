/**
 * The server that the benchmark calls, as a process of its own: a small JSON document for every request, and a token for
 * those to its token endpoint.
 */
import { createServer } from "node:http"

const body = JSON.stringify({ id: "ch_1", amount: 1250, currency: "eur", description: "An answer of about 150 bytes." })

let issued = 0

/** A new refresh token at each use, as a server has it that detects reuse. */
const token = (): string => {
  issued += 1
  return JSON.stringify({
    access_token: `access-${issued}`,
    refresh_token: `refresh-${issued}`,
    token_type: "Bearer",
    expires_in: 3_600
  })
}

const server = createServer((request, response) => {
  request.resume()
  const answer = request.url === "/token" ? token() : body
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) })
  response.end(answer)
})

server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
process.on("disconnect", () => process.exit())
