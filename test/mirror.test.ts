import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, describe, expect, test } from "vitest"
import type { Ledger } from "../examples/mirror/sandbox/Ledger.ts"
import { childrenOf, isAlive, ledgerOf, startMirror, startSandbox, token } from "./mirror/processes.ts"

const closers: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const temporaryFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "mirror-test-"))
  closers.push(() => rm(folder, { recursive: true }))
  return folder
}

describe("a rehearsal of the mirror", () => {
  test("mirrors through every fault, handles every webhook, and its ledger balances", async () => {
    const { code, errors, output } = await startMirror(["--seed", "11"]).end
    expect(errors).toBe("")
    expect(output).toContain("The ledger balances: nothing is lost.")
    expect(output).toMatch(/issues that GitHub holds = issues mirrored: 2$/m)
    expect(output).toMatch(/events that GitHub sent = events stored: 329$/m)
    expect(output).toMatch(/mirrored +1 repository, 2 issues, 1 comment, 2 labels, 1 author$/m)
    expect(output).toMatch(/circuit +closed → open → half-open/)
    expect(output).toMatch(/refused +.*2 with a wrong signature/)
    expect(output).toMatch(/2 × meta, after 1 attempt: webhook \d+ was deleted on GitHub/)
    expect(code).toBe(0)
  }, 90_000)

  test("exits with 1 and says what differs when the sandbox claims one event more", async () => {
    const { code, errors, output } = await startMirror(["--seed", "12", "--plant-imbalance"]).end
    expect(output).toContain("✗ events that GitHub sent = events stored: 330 on the one side, 329 on the other")
    expect(output).toContain("The ledger does not balance: 1 entry differs.")
    expect(errors).toContain("The ledger does not balance")
    expect(code).toBe(1)
  }, 90_000)

  test("stops at Ctrl-C without a stack trace, and takes its processes along", async () => {
    const mirror = startMirror(["--seed", "13"])
    await mirror.line(/passed on/)
    const children = childrenOf(mirror.pid)
    expect(children).toHaveLength(2)
    mirror.interrupt()
    const { code, errors, output } = await mirror.end
    expect([code, errors]).toEqual([130, ""])
    expect(output).toMatch(/Stopped\.\n$/)
    expect(children.filter(isAlive)).toEqual([])
  }, 60_000)

  test("fails, and says so, when the sandbox dies on the way", async () => {
    const mirror = startMirror(["--seed", "14"])
    await mirror.line(/passed on/)
    for (const child of childrenOf(mirror.pid)) process.kill(child, "SIGKILL")
    const { code, errors } = await mirror.end
    expect(errors).toContain("the sandbox did not answer")
    expect(errors).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  }, 90_000)
})

describe("the mirror with --live", () => {
  test("mirrors the repository it is told into the file it is told, and reports", async () => {
    const { child, url } = await startSandbox("--no-faults")
    closers.push(() => child.stdin.end())
    const database = join(await temporaryFolder(), "mirror.sqlite")
    const env = { GITHUB_API_URL: url, GITHUB_TOKEN: token }
    const { code, errors, output } = await startMirror(
      ["--live", "Codertocat/Hello-World", "--database", database],
      env
    ).end
    expect([code, errors]).toEqual([0, ""])
    expect(output).toMatch(/^Mirrored Codertocat\/Hello-World in/m)
    const issues = new DatabaseSync(database).prepare("SELECT number, title, state FROM issues ORDER BY number").all()
    expect(issues).toMatchObject([
      { number: 1, title: "Spelling error in the README file" },
      { number: 2, title: "Update the README with new information." }
    ])
  }, 60_000)

  test("fails with what GitHub said when there is no such repository", async () => {
    const { child, url } = await startSandbox("--no-faults")
    closers.push(() => child.stdin.end())
    const env = { GITHUB_API_URL: url, GITHUB_TOKEN: token }
    const { code, errors } = await startMirror(["--live", "nobody/nothing"], env).end
    expect(errors).toContain("Not Found")
    expect(errors).not.toContain(token)
    expect(code).toBe(1)
  }, 60_000)
})

describe("the mirror with --listen", () => {
  const freePort = async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    // A server that listens on a port has an address with one.
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, "close")
    return port
  }

  const untilSent = async (sandbox: string): Promise<Ledger> => {
    for (;;) {
      const ledger = await ledgerOf(sandbox)
      if (ledger.deliveries.state === "done") return ledger
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test("stays and takes webhooks until Ctrl-C, and then reports", async () => {
    const { child, url } = await startSandbox("--no-faults")
    closers.push(() => child.stdin.end())
    const port = await freePort()
    const env = { GITHUB_API_URL: url, GITHUB_TOKEN: token, GITHUB_WEBHOOK_SECRET: "the secret of the webhook" }
    const mirror = startMirror(["--live", "Codertocat/Hello-World", "--listen", String(port)], env)
    await mirror.line(/passed on/)
    const target = { url: `http://127.0.0.1:${port}/webhooks/github`, secret: env.GITHUB_WEBHOOK_SECRET }
    await fetch(`${url}/_sandbox/deliver`, { method: "POST", body: JSON.stringify(target) })
    const { deliveries } = await untilSent(url)
    mirror.interrupt()
    const { code, errors, output } = await mirror.end
    expect([code, errors]).toEqual([130, ""])
    expect(deliveries).toMatchObject({ events: 329, lost: 0 })
    expect(output).toMatch(/stored +329$/m)
    expect(output).toMatch(/refused +.*2 with a wrong signature/)
    expect(output).toMatch(/Stopped\.\n$/)
  }, 60_000)
})

describe("the command line of the mirror", () => {
  const refused = [
    { flags: ["--live", "nonsense"], says: 'Expected OWNER/REPO, such as octocat/hello-world, got "nonsense"' },
    { flags: ["--live", "octocat/hello-world"], says: "set the environment variable GITHUB_TOKEN" },
    { flags: ["--listen", "8080"], says: "--listen needs --live OWNER/REPO" },
    { flags: ["--listen", "70000"], says: "Expected a port from 1 to 65535, got 70000" },
    { flags: ["--verbatim"], says: "Unrecognized flag: --verbatim" }
  ]

  test.for(refused)("refuses $flags", { timeout: 60_000 }, async ({ flags, says }) => {
    const { code, errors } = await startMirror(flags, { GITHUB_TOKEN: "" }).end
    expect(errors).toContain(says)
    expect(errors).not.toMatch(/^\s+at /m)
    expect(code).toBe(1)
  })

  test("--help tells every flag that a user needs, and does nothing", async () => {
    const { code, output } = await startMirror(["--help"]).end
    for (const flag of ["--live", "--listen", "--database", "--seed"]) expect(output).toContain(flag)
    expect(output).not.toContain("--plant-imbalance")
    expect(code).toBe(0)
  }, 60_000)
})
