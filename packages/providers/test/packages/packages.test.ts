import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { afterEach, beforeEach, describe, expect, it, vi } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { tagOf } from "../refusals.ts"
import type { Sent } from "../requestOracles.ts"
import { cases, now, type Provider, provider } from "./battery.ts"
import { differences } from "./differences.ts"
import { type Judge, judges } from "./judges.ts"
import { recordings } from "./recordings.ts"

// The packages read the clock themselves, and some of them write to the console.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now })
  for (const level of ["log", "debug", "warn", "error"] as const) vi.spyOn(console, level).mockReturnValue()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const ours = ({ keys, scheme, ...provider }: Provider, sent: Sent, secret = provider.secret) =>
  tagOf(WebhookVerifier.verify(scheme, { ...sent, secrets: [Redacted.make(secret)], now, keys }))

const theirs = async ({ accepts }: Judge, sent: Sent, secret: string): Promise<boolean> => {
  try {
    return await accepts(sent, secret)
  } catch {
    return false
  }
}

/** The headers that a scheme covers, and that a sender chooses. */
const carried = ({ headers }: Sent) => headers.filter(([name]) => /nonce|signed-headers/i.test(name))

const signedByUs = ({ scheme, secret, send, signingSecret }: Provider): Sent => {
  const sent = send()
  const signed = WebhookSigner.signDelivery(scheme, {
    ...sent,
    headers: carried(sent),
    secret: Redacted.make(signingSecret),
    timestamp: now,
    id: "msg_1",
    audience: secret
  })
  return { method: sent.method, ...Result.getOrThrow(signed) }
}

for (const judge of judges) {
  const played = provider(judge.id, judge.body)

  describe(`${judge.id} and ${judge.package}`, () => {
    it("accept what we sign, both of them", async () => {
      const sent = signedByUs(played)
      expect(ours(played, sent)).toBe("accepted")
      expect(await theirs(judge, sent, played.secret)).toBe(true)
    })

    it("decide every delivery of the battery alike, but for the differences that are known", async () => {
      const laxer: Array<string> = []
      const narrower: Array<string> = []
      for (const { isAccepted, name, secret, sent } of cases(played)) {
        expect([name, ours(played, sent, secret) === "accepted"]).toEqual([name, isAccepted])
        const isTheirs = await theirs(judge, sent, secret)
        if (isTheirs && !isAccepted) laxer.push(name)
        if (!isTheirs && isAccepted) narrower.push(name)
      }
      expect({ laxer, narrower }).toEqual({ laxer: [], narrower: [], ...differences[judge.id] })
    })
  })
}

const signing = judges.flatMap((judge) => (judge.signs === undefined ? [] : [{ ...judge, judge, signs: judge.signs }]))

it.each(signing)("$package signs for $id what both of us accept", async ({ body, id, judge, signs }) => {
  const played = provider(id, body)
  const sent = played.send()
  const signed = { ...sent, ...(await signs(sent, played.secret)) }
  expect(ours(played, signed)).toBe("accepted")
  expect(await theirs(judge, signed, played.secret)).toBe(true)
})

const paddle = judges.filter(({ id }) => id === "paddle")

it.each(paddle)("$package looks at the last signature alone, ours at each", async (judge) => {
  const played = provider("paddle")
  const sent = played.send()
  const next = played.send({ secret: played.otherSecret }).headers[0]?.[1].replace(/^ts=\d+/, "")
  const both = { ...sent, headers: sent.headers.map(([name, value]) => [name, `${value}${next}`] as const) }
  expect(ours(played, both)).toBe("accepted")
  expect(await theirs(judge, both, played.secret)).toBe(false)
})

/** What a test of its own holds against a package. */
const ofOwnTests = ["aws-sns", "sendgrid", "shopify", "shopify-events"]

it("the schemes are said to be checked against a package exactly where one is asked", () => {
  const said = (checked: SignatureScheme.Docs["checked"]) =>
    Object.values<SignatureScheme.SignatureScheme>(schemes).flatMap(({ docs, id }) =>
      docs.checked === checked ? [id] : []
    )
  const judged = (by: "provider" | "community") => judges.flatMap((judge) => (judge.by === by ? [judge.id] : []))
  expect(said("package").toSorted()).toEqual(
    [...judged("provider"), ...Object.keys(recordings), ...ofOwnTests].toSorted()
  )
  expect(said("community-package").toSorted()).toEqual(judged("community").toSorted())
})
