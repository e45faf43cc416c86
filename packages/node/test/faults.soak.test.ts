/** The short form of `bench/soak`, whose full form takes minutes. */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const soak = fileURLToPath(new URL("../../../bench/soak/main.ts", import.meta.url))

const seconds = process.env["CAUSEWAY_LONG"] === "1" ? 300 : 10

it(
  `the heap stays flat over ${seconds} seconds of a provider that does everything wrong`,
  async () => {
    const child = spawn(process.execPath, ["--expose-gc", soak, "--seconds", String(seconds)], { stdio: "pipe" })
    let said = ""
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
    const [code] = await once(child, "exit")
    assert.strictEqual(code, 0, said)
    assert.match(said, /^flat: /m)
  },
  (seconds + 60) * 1_000
)
