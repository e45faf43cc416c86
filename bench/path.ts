/**
 * Counts the files and functions that one call passes, by V8's precise coverage: `node bench/path.ts [--list | --json]`.
 *
 * After a warm-up, one call is made by itself and everything that ran between its begin and its end is counted, apart from
 * this script and its server. A second count shows Effect's own client with its limiter and retry over the same server.
 */
import { createServer } from "node:http"
import { once } from "node:events"
import { Session } from "node:inspector/promises"
import type { Profiler } from "node:inspector"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { Policy } from "@causeway/core/policy"
import { armoured, causeway } from "./peers/causeway.ts"
import { effectComposed } from "./peers/effect.ts"
import type { Peer } from "./Row.ts"

const isListed = process.argv.includes("--list")
const isJson = process.argv.includes("--json")
const root = fileURLToPath(new URL("..", import.meta.url))

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { "content-type": "application/json", "content-length": 13 }).end('{"id":"ch_1"}')
})
server.listen(0, "127.0.0.1")
await once(server, "listening")
// A server that listens on a TCP port has an address of this shape.
const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

interface Part {
  readonly name: string
  readonly isOurs: (file: string) => boolean
}

const parts: ReadonlyArray<Part> = [
  { name: "of Causeway", isOurs: (file) => file.includes("/packages/") && !file.includes("/node_modules/") },
  {
    name: "of Effect's http and policies",
    isOurs: (file) => /effect\/(?:dist|src)\/(?:http|persistence|resilience)\//.test(file)
  },
  {
    name: "of the rest of Effect",
    isOurs: (file) => /effect\/(?:dist|src)\/(?!http|persistence|resilience)/.test(file)
  }
]

const ran = (coverage: ReadonlyArray<Profiler.ScriptCoverage>, { isOurs }: Part) =>
  coverage
    .filter(({ url }) => url.startsWith("file:") && isOurs(fileURLToPath(url)))
    .map(({ functions, url }) => ({
      file: fileURLToPath(url).replace(root, ""),
      functions: functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0).map(({ functionName }) => functionName)
    }))
    .filter(({ functions }) => functions.length > 0)

const count = async (peer: Peer) => {
  const { call, close } = await peer.open(url)
  for (let made = 0; made < 200; made += 1) await call()
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
  await session.post("Profiler.takePreciseCoverage")
  await call()
  const { result } = await session.post("Profiler.takePreciseCoverage")
  await session.post("Profiler.stopPreciseCoverage")
  session.disconnect()
  await close()
  return { peer: peer.name, parts: parts.map((part) => ({ part: part.name, files: ran(result, part) })) }
}

type Counted = Awaited<ReturnType<typeof count>>

const functionsIn = (files: Counted["parts"][number]["files"]): number =>
  files.reduce((sum, { functions }) => sum + functions.length, 0)

const print = ({ parts, peer }: Counted): void => {
  const counted = parts.map(({ files, part }) => `${files.length} files and ${functionsIn(files)} functions ${part}`)
  process.stdout.write(`${peer}: ${counted.join(", ")}\n`)
  if (!isListed) return
  for (const { file, functions } of parts.flatMap(({ files }) => files)) {
    process.stdout.write(`    ${file}: ${functions.map((name) => name || "(anonymous)").join(", ")}\n`)
  }
}

const counts: Array<Counted> = []
counts.push(await count(causeway("no policy", Policy.none)))
counts.push(await count(causeway("standard policy", Policy.standard)))
counts.push(await count(causeway("all policies", armoured)))
counts.push(await count(effectComposed))
server.close()
server.closeAllConnections()
if (!isJson) counts.forEach(print)
else {
  const ours = counts.map(({ parts, peer }) => [
    peer,
    { files: parts[0]?.files.length ?? 0, functions: functionsIn(parts[0]?.files ?? []) }
  ])
  process.stdout.write(`${JSON.stringify(Object.fromEntries(ours))}\n`)
}
