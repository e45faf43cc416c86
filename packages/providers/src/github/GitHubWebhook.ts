/**
 * How GitHub signs its webhooks, and the schemas of the events most used.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of a repository's, an organization's or an app's webhooks, with the secret entered
 * there; give {@link events} to an inbox, so that handlers get typed events.
 *
 * **Details**
 *
 * `X-Hub-Signature-256: sha256=…` is the HMAC of the body. The id is `X-GitHub-Delivery`, which stays when a delivery is
 * sent again, and differs between webhooks; the type is `X-GitHub-Event`. A `ping` is an ordinary event: any 2xx answers
 * it. A body has at most 25 MB. GitHub sends a delivery again on request only, within 3 days.
 *
 * **Gotchas**
 *
 * Id and type are in headers that the signature does not cover, and there is no timestamp: an old delivery verifies for
 * ever, under any id. The legacy header `X-Hub-Signature` with SHA-1 is ignored. The content type of a new webhook is a
 * form by default: its field `payload` holds the JSON, which a handler with the scheme reads alike.
 *
 * **Example** (GitHub's documented test values)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { GitHubWebhook } from "@causeway/providers/github"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const verified = WebhookVerifier.verify(GitHubWebhook.scheme, {
 *   method: "POST",
 *   url: "https://example.com/webhooks/github",
 *   headers: [
 *     ["X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"],
 *     ["X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"],
 *     ["X-GitHub-Event", "issues"]
 *   ],
 *   body: new TextEncoder().encode("Hello, World!"),
 *   secrets: [Redacted.make("It's a Secret to Everybody")],
 *   now: 1_764_000_000_000
 * })
 *
 * assert.deepEqual(Result.getOrThrow(verified).unsigned, ["id", "type"])
 * ```
 *
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"
import { Schema } from "effect"
import { Issue, IssueComment, Label, Repository, User } from "./GitHubApi.ts"

/**
 * GitHub's scheme, checked both ways against the `@octokit/webhooks-methods` package.
 *
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "github",
  signature: SignatureScheme.singleHeader("X-Hub-Signature-256", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("X-GitHub-Delivery"),
  eventType: [SignatureScheme.header("X-GitHub-Event")],
  delivery: {
    contentTypes: ["application/json", "application/x-www-form-urlencoded"],
    payloadField: "payload",
    maxBytes: 25 * 1024 * 1024,
    answerWithin: "10 seconds",
    retriedFor: "3 days"
  },
  docs: { url: "https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries", checked: "package" }
})

/**
 * An organization, as it is embedded in events.
 *
 * @since 0.1.0
 * @category models
 */
export class Organization extends Schema.Class<Organization>("GitHubWebhook/Organization")({
  id: Schema.Int,
  login: Schema.String
}) {}

const Origin = {
  repository: Repository,
  sender: User,
  /** Where the webhook, or the app, belongs to an organization. */
  organization: Schema.optionalKey(Organization),
  /** Where the webhook is an app's. */
  installation: Schema.optionalKey(Schema.Struct({ id: Schema.Int }))
}

const Change = Schema.optionalKey(Schema.Struct({ from: Schema.NullOr(Schema.String) }))

/**
 * An issue as events carry it. `state`, `locked` and `labels` are left out of some, such as `pinned`.
 *
 * @since 0.1.0
 * @category models
 */
export class EventIssue extends Schema.Class<EventIssue>("GitHubWebhook/EventIssue")({
  ...Issue.fields,
  state: Schema.optionalKey(Issue.fields.state),
  locked: Schema.optionalKey(Issue.fields.locked),
  labels: Schema.optionalKey(Issue.fields.labels)
}) {}

/**
 * Something happened to an issue: `opened`, `edited`, `closed`, `labeled`, `assigned`, `transferred`, `deleted`, ...
 *
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#issues
 * @since 0.1.0
 * @category events
 */
export class IssuesEvent extends Schema.Class<IssuesEvent>("GitHubWebhook/IssuesEvent")({
  action: Schema.String,
  issue: EventIssue,
  /** What it was before, of `edited`. */
  changes: Schema.optionalKey(Schema.Struct({ title: Change, body: Change })),
  /** Of `labeled` and `unlabeled`. */
  label: Schema.optionalKey(Label),
  /** Of `assigned` and `unassigned`. */
  assignee: Schema.optionalKey(Schema.NullOr(User)),
  ...Origin
}) {}

/**
 * A comment on an issue or on the conversation of a pull request was `created`, `edited` or `deleted`.
 *
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment
 * @since 0.1.0
 * @category events
 */
export class IssueCommentEvent extends Schema.Class<IssueCommentEvent>("GitHubWebhook/IssueCommentEvent")({
  action: Schema.String,
  issue: EventIssue,
  comment: IssueComment,
  changes: Schema.optionalKey(Schema.Struct({ body: Change })),
  ...Origin
}) {}

/**
 * A label was `created`, `edited` or `deleted`.
 *
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#label
 * @since 0.1.0
 * @category events
 */
export class LabelEvent extends Schema.Class<LabelEvent>("GitHubWebhook/LabelEvent")({
  action: Schema.String,
  label: Label,
  changes: Schema.optionalKey(Schema.Struct({ name: Change, color: Change, description: Change })),
  ...Origin
}) {}

/**
 * A repository was `created`, `edited`, `renamed`, `transferred`, `archived`, `deleted`, ...
 *
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#repository
 * @since 0.1.0
 * @category events
 */
export class RepositoryEvent extends Schema.Class<RepositoryEvent>("GitHubWebhook/RepositoryEvent")({
  action: Schema.String,
  ...Origin
}) {}

/**
 * A webhook was made, or somebody asked for a test. It belongs to a repository, an organization or an app.
 *
 * @see https://docs.github.com/webhooks/webhook-events-and-payloads#ping
 * @since 0.1.0
 * @category events
 */
export class PingEvent extends Schema.Class<PingEvent>("GitHubWebhook/PingEvent")({
  zen: Schema.String,
  hook_id: Schema.Int,
  hook: Schema.Struct({
    id: Schema.Int,
    type: Schema.String,
    active: Schema.Boolean,
    events: Schema.Array(Schema.String)
  }),
  repository: Schema.optionalKey(Repository),
  organization: Schema.optionalKey(Organization),
  sender: Schema.optionalKey(User)
}) {}

/**
 * The schemas by event type. Other types exist; an inbox keeps what it has no schema for.
 *
 * @since 0.1.0
 * @category events
 */
export const events = {
  issues: IssuesEvent,
  issue_comment: IssueCommentEvent,
  label: LabelEvent,
  repository: RepositoryEvent,
  ping: PingEvent
} as const
