/** Processes that say when they are ready, are told to begin, and tell what became of it. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The name of a database that is removed afterwards. */
export const temporaryFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "causeway-tokens-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
).pipe(Effect.map((directory) => join(directory, "tokens.db")))

/** What a process says next; undefined when it has ended. */
const told = async (child: ChildProcess): Promise<unknown> => {
  if (child.exitCode !== null || child.signalCode !== null) return undefined
  const end = new AbortController()
  const message = once(child, "message", { signal: end.signal }).then(([said]: Array<unknown>) => said)
  const exit = once(child, "exit", { signal: end.signal }).then(() => undefined)
  const first = await Promise.race([message, exit])
  end.abort()
  await Promise.allSettled([message, exit])
  return first
}

/** What each of them says next. */
export const everyone = (children: ReadonlyArray<ChildProcess>) => Promise.all(children.map(told))

/** All begin to call; what they tell last is their callers' outcomes, or nothing when they have ended. */
export const calling = async (children: ReadonlyArray<ChildProcess>) => {
  for (const child of children) child.send("go")
  assert.deepStrictEqual(new Set(await everyone(children)), new Set(["calling"]))
}
