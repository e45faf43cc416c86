/**
 * The short form of `bench/soak/hostile.ts`, whose full form takes ten minutes and the machine for itself. Beside other tests only
 * the longest that a provider waits here (15 seconds, by Amazon SNS) says something.
 */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const soak = fileURLToPath(new URL("../../../bench/soak/hostile.ts", import.meta.url))

it("honest deliveries are answered and the heap stays flat over 15 seconds of hostile clients", async () => {
  const child = spawn(process.execPath, [soak, "--seconds", "15", "--patience", "15000"], { stdio: "pipe" })
  let said = ""
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
  const [code] = await once(child, "exit")
  assert.strictEqual(code, 0, said)
  assert.match(said, /^flat: .*; served: /m)
}, 75_000)
