/**
 * Runs examples one after another in a process that has loaded the packages once: each is told by a message, and is over
 * when nothing of it is left to do, as a program of its own would be. One that throws ends the process.
 */
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"

/** The exit code of Node for a program whose top-level `await` is never settled. */
const unsettled = 13

let isLoading = false

// While one is listened for the process stays; once it is there, only the example keeps it.
const next = () =>
  process.once("message", async (file: string) => {
    process.chdir(dirname(file))
    isLoading = true
    await import(pathToFileURL(file).href)
    isLoading = false
  })

process.on("beforeExit", () => {
  process.send?.(isLoading ? unsettled : (process.exitCode ?? 0))
  process.exitCode = undefined
  isLoading = false
  next()
})

next()
