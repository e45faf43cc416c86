/** The server that the benchmark calls, as a process of its own: a small JSON document for every request. */
import { createServer } from "node:http"

const body = JSON.stringify({ id: "ch_1", amount: 1250, currency: "eur", description: "An answer of about 150 bytes." })

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  response.end(body)
})

server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
process.on("disconnect", () => process.exit())
