/** Holds the number of files and functions that one call passes, so that its path does not grow unnoticed. */
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"

type Counts = Readonly<Record<string, { readonly files: number; readonly functions: number }>>

const root = fileURLToPath(new URL("..", import.meta.url))

/** A tenth more than was counted when the bound was set. Lower it when a change makes the path shorter. */
const bounds: Counts = {
  "causeway, no policy": { files: 32, functions: 143 },
  "causeway, standard policy": { files: 48, functions: 215 },
  "causeway, all policies": { files: 46, functions: 215 }
}

it("a call over the transport passes no more files and functions than its bounds say", { timeout: 60_000 }, () => {
  const printed = execFileSync(process.execPath, ["bench/path.ts", "--json"], { cwd: root, encoding: "utf8" })
  // The script prints counts by the name of the peer.
  const counts = JSON.parse(printed) as Counts
  for (const [peer, most] of Object.entries(bounds)) {
    const { files, functions } = counts[peer] ?? { files: Infinity, functions: Infinity }
    expect(files, `files of "${peer}"; see node bench/path.ts --list`).toBeLessThanOrEqual(most.files)
    expect(functions, `functions of "${peer}"; see node bench/path.ts --list`).toBeLessThanOrEqual(most.functions)
  }
})
