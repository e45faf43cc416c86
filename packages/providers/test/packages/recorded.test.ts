import { WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted } from "effect"
import { tagOf } from "../refusals.ts"
import { cases, fingerprint, now, provider } from "./battery.ts"
import { differences } from "./differences.ts"
import recorded from "./recorded.json" with { type: "json" }
import { type Recorded, recordings } from "./recordings.ts"

const verdictsOf: Readonly<Record<string, Recorded>> = recorded

describe.each(Object.entries(recordings))("%s and %s", (id, name) => {
  const played = provider(id)
  const { verdicts, ...known } = verdictsOf[id] ?? expect.fail(`record the verdicts on ${id}: see record.ts`)

  it("decided on the deliveries of today's battery; if not, record its verdicts again", () =>
    expect(known).toMatchObject({ package: name, fingerprint: fingerprint(played) }))

  it("decided every delivery as we do, but for the differences that are known", () => {
    const ours = cases(played).map(({ name, secret, sent }) => {
      const verified = WebhookVerifier.verify(played.scheme, { ...sent, secrets: [Redacted.make(secret)], now })
      return [name, tagOf(verified) === "accepted"] as const
    })
    expect(ours).toEqual(cases(played).map(({ isAccepted, name }) => [name, isAccepted]))
    const [laxer, narrower] = [true, false].map((isTheirs) =>
      ours.flatMap(([name, isOurs]) => (isOurs !== isTheirs && verdicts[name] === isTheirs ? [name] : []))
    )
    expect({ laxer, narrower }).toEqual({ laxer: [], narrower: [], ...differences[id] })
  })
})
