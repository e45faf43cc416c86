import { verify } from "@octokit/webhooks-methods"
import { once } from "node:events"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, test } from "vitest"
import * as Faults from "../examples/mirror/sandbox/Faults.ts"
import type { Ledger } from "../examples/mirror/sandbox/Ledger.ts"
import * as Rest from "../examples/mirror/sandbox/Rest.ts"
import * as Seed from "../examples/mirror/sandbox/Seed.ts"
import { ledgerOf, startSandbox, token } from "./mirror/processes.ts"

const closers: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const start = async (...flags: ReadonlyArray<string>) => {
  const sandbox = await startSandbox(...flags)
  closers.push(() => sandbox.child.stdin.end())
  return sandbox
}

const ask = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers: { authorization: `Bearer ${token}`, "user-agent": "test", ...headers } })

const issues = "/repos/Codertocat/Hello-World/issues"

describe("the sandbox's REST API", () => {
  test("pages are linked as GitHub links them, and hold every issue once", async () => {
    const { url } = await start("--no-faults")
    const first = await ask(`${url}${issues}?state=all&per_page=1`)
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
    expect(next).toBe(`${url}/repositories/186853002/issues?state=all&per_page=1&page=2`)
    const second = await ask(next)
    expect(second.headers.get("link")).toContain('rel="prev"')
    expect(second.headers.get("link")).not.toContain('rel="next"')
    const numbers = [...(await first.json()), ...(await second.json())].map(({ number }) => number)
    expect(numbers).toEqual([2, 1])
  })

  test("an issue is served as it was updated last", async () => {
    const { url } = await start("--no-faults")
    const issue = await (await ask(`${url}${issues}/1`)).json()
    expect(issue).toMatchObject({ id: 444500041, updated_at: "2021-10-11T16:40:56Z" })
  })

  test("comments and labels are lists, empty where the payloads hold none", async () => {
    const { url } = await start("--no-faults")
    expect(await (await ask(`${url}${issues}/1/comments`)).json()).toHaveLength(1)
    expect(await (await ask(`${url}${issues}/2/comments`)).json()).toEqual([])
    expect(await (await ask(`${url}/repos/Codertocat/Hello-World/labels`)).json()).toHaveLength(2)
  })

  test("each answer carries GitHub's rate headers and request id", async () => {
    const { url } = await start("--no-faults")
    const { headers } = await ask(`${url}/users/Codertocat`)
    expect(headers.get("x-ratelimit-limit")).toBe("5000")
    expect(headers.get("x-ratelimit-remaining")).toBe("4999")
    expect(headers.get("x-github-request-id")).toMatch(/^[0-9A-F:]+$/)
  })

  test("an answer that has not changed is 304", async () => {
    const { url } = await start("--no-faults")
    const etag = (await ask(`${url}/users/Codertocat`)).headers.get("etag") ?? ""
    expect((await ask(`${url}/users/Codertocat`, { "if-none-match": etag })).status).toBe(304)
  })

  test("a wrong token is 401 and an unknown path is 404, both in JSON", async () => {
    const { url } = await start("--no-faults")
    const refused = await ask(`${url}/users/Codertocat`, { authorization: "Bearer wrong" })
    expect([refused.status, await refused.json()]).toMatchObject([401, { message: "Bad credentials" }])
    const missing = await ask(`${url}/repos/nobody/nothing`)
    expect([missing.status, await missing.json()]).toMatchObject([404, { message: "Not Found" }])
  })

  test("the two forms of throttling are 403 with what a client must wait for", () => {
    const quota = new Rest.Quota()
    const primary = Rest.primaryLimit(quota, 1_700_000_000)
    expect(primary).toMatchObject({
      status: 403,
      headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1700000000" }
    })
    const secondary = Rest.secondaryLimit(quota, 2, 0)
    expect(secondary).toMatchObject({ status: 403, headers: { "retry-after": "2", "x-ratelimit-remaining": "4999" } })
  })
})

describe("the script of faults", () => {
  const fates = (seed: number) => {
    const script = Faults.draw(Seed.draws(seed))
    return Array.from({ length: 120 }, (_, request) => script.next(request * 5_000)._tag)
  }

  test("a seed always draws the same script, another seed another one", () => {
    expect(fates(7)).toEqual(fates(7))
    expect(fates(7)).not.toEqual(fates(8))
  })

  test("every kind of fault happens", () => {
    const script = Faults.draw(Seed.draws(3))
    for (let request = 0; script.left() > 0; request++) script.next(request * 5_000)
    expect(Object.values(script.begun).every((times) => times > 0)).toBe(true)
  })

  test("an outage meets every request until it is over", () => {
    const script = Faults.draw(Seed.draws(3))
    let now = 0
    while (script.begun.outage === 0) script.next((now += 5_000))
    const during = [1, 2, 3].map((step) => script.next(now + step)._tag)
    expect(during).toEqual(["Reset", "Unavailable", "Reset"])
    expect(script.next(now + Faults.outageMillis)._tag).toBe("Answered")
  })
})

describe("the sandbox's webhooks", () => {
  const receive = async (secret: string) => {
    const came = { verified: 0, refused: 0, oversized: 0, busy: 0, ids: new Set<string>() }
    const answer = async (request: http.IncomingMessage) => {
      const body = Buffer.concat(await request.toArray())
      if (body.length > 1_000_000) return ((came.oversized += 1), 413)
      const signature = String(request.headers["x-hub-signature-256"] ?? "none")
      if (!(await verify(secret, body.toString(), signature))) return ((came.refused += 1), 401)
      if (came.verified % 100 === 50 && came.busy < 3) return ((came.busy += 1), 503)
      came.ids.add(String(request.headers["x-github-delivery"]))
      return ((came.verified += 1), 202)
    }
    const server = http.createServer(async (request, response) => {
      response.writeHead(await answer(request)).end()
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    closers.push(() => server.close())
    // A server that listens on a port has an address with one.
    const { port } = server.address() as AddressInfo
    return { came, url: `http://127.0.0.1:${port}` }
  }

  const ledgerWhenDone = async (url: string): Promise<Ledger> => {
    for (;;) {
      const ledger = await ledgerOf(url)
      if (ledger.deliveries.state === "done") return ledger
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test("all payloads verify with GitHub's own package, the flawed ones do not, and the ledger says so", async () => {
    const { url } = await start("--no-faults")
    const receiver = await receive("a secret")
    await fetch(`${url}/_sandbox/deliver`, {
      method: "POST",
      body: JSON.stringify({ url: receiver.url, secret: "a secret" })
    })
    const { deliveries } = await ledgerWhenDone(url)
    expect(deliveries).toMatchObject({
      events: 329,
      lost: 0,
      flawed: { forged: 1, unsigned: 1, tampered: 1, oversized: 1 }
    })
    expect(deliveries.duplicates).toBeGreaterThan(10)
    expect(receiver.came).toMatchObject({ refused: 3, oversized: 1, verified: deliveries.acknowledged, busy: 3 })
    expect(receiver.came.ids.size).toBe(329)
    expect(deliveries.retries).toBe(3)
    expect(deliveries.attempts).toBe(deliveries.acknowledged + 3)
  })

  test("the sandbox ends with its parent", async () => {
    const { child } = await start("--no-faults")
    child.stdin.end()
    const [code] = await once(child, "exit")
    expect(code).toBe(0)
  })
})
