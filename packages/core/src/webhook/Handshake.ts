/**
 * Answers the challenges by which a provider makes sure that an endpoint is there and knows the secret.
 *
 * **When to use**
 *
 * Call {@link handshake} for each delivery after its signature was accepted, and send what it returns instead of storing
 * the delivery. A `WebhookReceiver` does so by itself.
 *
 * **Details**
 *
 * A challenge is data on the scheme: which field tells it from an event, which field to send back, and in what form.
 * Slack's `url_verification` is one. GitHub's `ping` is none: it is an ordinary event and needs no particular answer.
 *
 * **Gotchas**
 *
 * It does not verify. Answering a request whose signature was not accepted would echo whatever a stranger sends.
 *
 * **Example** (Slack's challenge)
 *
 * ```ts
 * import { Handshake, SignatureScheme } from "@causeway/core/webhook"
 * import { Option } from "effect"
 * import assert from "node:assert/strict"
 *
 * const scheme = SignatureScheme.make({
 *   id: "acme",
 *   signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
 *   signedContent: "{body}",
 *   keys: [SignatureScheme.mac({ hash: "sha256" })],
 *   handshake: SignatureScheme.signedEcho({
 *     when: { field: SignatureScheme.body("type"), equals: "url_verification" },
 *     echo: SignatureScheme.body("challenge"),
 *     jsonKey: "challenge"
 *   }),
 *   docs: { url: "https://acme.example/docs", checked: "documentation" }
 * })
 *
 * const answer = Handshake.handshake(scheme, {
 *   headers: [],
 *   body: new TextEncoder().encode(`{"type":"url_verification","challenge":"3eZbrw1a"}`)
 * })
 *
 * assert.deepEqual(Option.getOrThrow(answer), {
 *   status: 200,
 *   contentType: "application/json",
 *   body: `{"challenge":"3eZbrw1a"}`
 * })
 * ```
 *
 * @since 0.1.0
 */
import { Option, Result } from "effect"
import * as EventFields from "./internal/eventFields.ts"
import { attempt } from "./internal/refusal.ts"
import type { EventField, SignatureScheme, SignedEcho } from "./SignatureScheme.ts"
import type { VerifyInput } from "./WebhookVerifier.ts"

/**
 * The response to a challenge.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * The answer to a verified delivery that is a challenge, or `None` when it is an event.
 *
 * @since 0.1.0
 * @category handshakes
 */
export const handshake = (scheme: SignatureScheme, input: ChallengeInput): Option.Option<Answer> =>
  scheme.handshake === undefined ? Option.none() : echoed(scheme.id, scheme.handshake, input)

type ChallengeInput = Pick<VerifyInput, "headers" | "body">

const echoed = (scheme: string, { echo, jsonKey, when }: SignedEcho, { body, headers }: ChallengeInput) => {
  const content = new EventFields.BodyContent(body)
  const read = (field: EventField) =>
    Result.getOrUndefined(attempt(scheme, () => EventFields.read(field, headers, content)))
  return read(when.field) === when.equals
    ? Option.map(Option.fromUndefinedOr(read(echo)), (challenge) => answer(jsonKey, challenge))
    : Option.none()
}

const answer = (jsonKey: SignedEcho["jsonKey"], challenge: string): Answer =>
  jsonKey === undefined
    ? { status: 200, contentType: "text/plain; charset=utf-8", body: challenge }
    : { status: 200, contentType: "application/json", body: JSON.stringify({ [jsonKey]: challenge }) }
