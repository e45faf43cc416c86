/** The examples of logins, each run to its end as a process of its own, against the server that it starts. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { afterEach, describe, expect, test } from "vitest"

const runner = fileURLToPath(new URL("../scripts/example.ts", import.meta.url))

const closers: Array<() => unknown> = []
afterEach(() => closers.splice(0).map((close) => close()))

const start = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [runner, ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true })
  const { pid } = child
  // The example is a child of the runner: both are in the group of the runner.
  if (pid !== undefined) closers.push(() => child.exitCode === null && process.kill(-pid, "SIGKILL"))
  return child
}

const run = async (...args: ReadonlyArray<string>) => {
  const child = start(...args)
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
  return { code: child.exitCode, output, errors }
}

describe("npm run example", () => {
  test("01-web-login: a person logs in, comes back, and is called by the name that they logged in with", async () => {
    expect(await run("01-web-login")).toEqual({ code: 0, errors: "", output: "You are ann.\n\n" })
  }, 120_000)

  test("02-device-login: a code is shown and entered once, and the second run needs no login", async () => {
    const { code, errors, output } = await run("02")
    expect([code, errors]).toEqual([0, ""])
    expect(output).toMatch(
      /^The first run:\nOpen http:\/\/127\.0\.0\.1:\d+\/device and enter the code [A-Z]{4}-[A-Z]{4}\nYou are ann\.\nThe second run:\nYou are ann\.\n$/
    )
  }, 120_000)

  test("01-web-login -- --stay: waits for a browser, whose page begins a login", async () => {
    const child = start("01-web-login", "--stay")
    child.stdout.setEncoding("utf8")
    const [line] = (await once(child.stdout, "data")) as [string]
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []
    const home = await fetch(url)
    expect(await home.text()).toContain('<form action="/login">')
    const login = await fetch(`${url}/login`, { redirect: "manual" })
    expect(login.headers.get("location")).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/auth\?.*code_challenge_method=S256/)
    const refused = await fetch(`${url}/login?returnTo=https://evil.example`, { redirect: "manual" })
    expect([refused.status, await refused.text()]).toEqual([400, "The login was refused (returnTo).\n"])
    const unknown = await fetch(`${url}/profile`)
    expect(unknown.status).toBe(401)
  }, 120_000)

  test("names the examples that there are for one that there is not", async () => {
    const { code, errors } = await run("99-nothing")
    expect(code).toBe(1)
    expect(errors).toContain('There is no example "99-nothing"')
    expect(errors).toContain("01-web-login")
  }, 60_000)
})
