/** The short form of `bench/soak/hostile.ts`, whose full form takes ten minutes. */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const soak = fileURLToPath(new URL("../../../bench/soak/hostile.ts", import.meta.url))

const seconds = process.env["CAUSEWAY_LONG"] === "1" ? 600 : 15

it(
  `honest deliveries are answered and the heap stays flat over ${seconds} seconds of hostile clients`,
  async () => {
    const child = spawn(process.execPath, [soak, "--seconds", String(seconds)], { stdio: "pipe" })
    let said = ""
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
    const [code] = await once(child, "exit")
    assert.strictEqual(code, 0, said)
    assert.match(said, /^flat: .*; served: /m)
  },
  (seconds + 60) * 1_000
)
