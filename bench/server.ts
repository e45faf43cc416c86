/**
 * The server of the benchmark, in its own process: a small JSON document for every request, a token from its token
 * endpoint, and a list of 100 documents, in gzip if the request accepts it.
 */
import { createServer } from "node:http"
import { gzipSync } from "node:zlib"

const body = JSON.stringify({ id: "ch_1", amount: 1250, currency: "eur", description: "An answer of about 150 bytes." })

const list = JSON.stringify(
  Array.from({ length: 100 }, (_, index) => ({
    id: `ch_${(index * 7_919) % 1_000}`,
    amount: (index * 104_729) % 10_000,
    currency: "eur",
    created: 1_790_000_000 + index * 61,
    description: `The answer ${index} of about 170 bytes, with some text that differs from one to the next.`
  }))
)

const lists = { gzip: gzipSync(list), identity: Buffer.from(list) }

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
  if (request.url === "/list") {
    const coding = request.headers["accept-encoding"]?.includes("gzip") === true ? "gzip" : "identity"
    response.writeHead(200, { "content-type": "application/json", "content-encoding": coding }).end(lists[coding])
    return
  }
  const answer = request.url === "/token" ? token() : body
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(answer) })
  response.end(answer)
})

server.listen(0, "127.0.0.1", () => process.send?.(server.address()))
process.on("disconnect", () => process.exit())
