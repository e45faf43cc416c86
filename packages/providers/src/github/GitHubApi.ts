/**
 * The part of GitHub's REST API that reads repositories, issues, labels, comments and users, as one typed service.
 *
 * **When to use**
 *
 * To read what a repository holds, with GitHub's limits observed: pages follow the Link header, a throttled call waits
 * as long as GitHub says, and an outage opens the circuit.
 *
 * **Details**
 *
 * `GITHUB_API_URL` in the configuration replaces `https://api.github.com`, for GitHub Enterprise Server or a test. The
 * default policy: 2 minutes in all, 10 seconds an attempt, up to 5 attempts with exponential backoff from 500 milliseconds
 * and jitter, 15 requests a second (GitHub's secondary limit is 900 points a minute), and a circuit that opens for 10
 * seconds when half of the last 20 attempts failed. `GitHub.layerPolicy` retunes each of them. GitHub throttles with
 * 403 as well as with 429: {@link classify} tells a throttled 403 from a forbidden one by its headers and
 * its message.
 *
 * **Gotchas**
 *
 * - Lists of issues hold pull requests too; those have the field `pull_request`.
 * - A wait of more than a minute is not begun: the call fails with `RateLimited`, which says when it may succeed.
 * - The schemas hold the commonly used fields; others are dropped when a response is decoded.
 *
 * **Example** (The open issues of a repository, page by page)
 *
 * ```ts
 * import { GitHub } from "@causeway/providers/github"
 * import { Effect, Stream } from "effect"
 *
 * const titles = Effect.gen(function* () {
 *   const github = yield* GitHub
 *   const issues = github.listIssues.items({
 *     params: { owner: "octocat", repo: "hello-world" },
 *     query: { state: "open", per_page: 100 }
 *   })
 *   return yield* issues.pipe(Stream.map((issue) => issue.title), Stream.runCollect)
 * })
 *
 * console.assert(Effect.isEffect(titles))
 * ```
 *
 * @see https://docs.github.com/rest
 * @since 0.1.0
 */
import { Endpoint, Integration, Pagination } from "@causeway/core/client"
import { Breaker, type Failure, RateHeaders, Redact, Retry } from "@causeway/core/policy"
import { Config, Schedule, Schema } from "effect"

/**
 * A user, an organization or an app, as it is embedded in other objects.
 *
 * @see https://docs.github.com/rest/users/users
 * @since 0.1.0
 * @category models
 */
export class User extends Schema.Class<User>("GitHub/User")({
  id: Schema.Int,
  login: Schema.String,
  type: Schema.String,
  html_url: Schema.String
}) {}

/**
 * A repository.
 *
 * @see https://docs.github.com/rest/repos/repos
 * @since 0.1.0
 * @category models
 */
export class Repository extends Schema.Class<Repository>("GitHub/Repository")({
  id: Schema.Int,
  name: Schema.String,
  full_name: Schema.String,
  private: Schema.Boolean,
  owner: User,
  description: Schema.NullOr(Schema.String),
  html_url: Schema.String,
  default_branch: Schema.String,
  open_issues_count: Schema.Int,
  updated_at: Schema.String
}) {}

/**
 * A label of a repository.
 *
 * @see https://docs.github.com/rest/issues/labels
 * @since 0.1.0
 * @category models
 */
export class Label extends Schema.Class<Label>("GitHub/Label")({
  id: Schema.Int,
  name: Schema.String,
  /** Six hexadecimal digits, without a number sign. */
  color: Schema.String,
  default: Schema.Boolean,
  description: Schema.optionalKey(Schema.NullOr(Schema.String))
}) {}

/**
 * An issue, or the part of a pull request that it shares with issues.
 *
 * @see https://docs.github.com/rest/issues/issues
 * @since 0.1.0
 * @category models
 */
export class Issue extends Schema.Class<Issue>("GitHub/Issue")({
  id: Schema.Int,
  number: Schema.Int,
  title: Schema.String,
  state: Schema.Literals(["open", "closed"]),
  locked: Schema.Boolean,
  user: Schema.NullOr(User),
  labels: Schema.Array(Label),
  assignees: Schema.Array(User),
  comments: Schema.Int,
  body: Schema.NullOr(Schema.String),
  html_url: Schema.String,
  created_at: Schema.String,
  updated_at: Schema.String,
  closed_at: Schema.NullOr(Schema.String),
  /** Only pull requests have it. */
  pull_request: Schema.optionalKey(Schema.Struct({ url: Schema.String }))
}) {}

/**
 * A comment on an issue or on the conversation of a pull request.
 *
 * @see https://docs.github.com/rest/issues/comments
 * @since 0.1.0
 * @category models
 */
export class IssueComment extends Schema.Class<IssueComment>("GitHub/IssueComment")({
  id: Schema.Int,
  user: Schema.NullOr(User),
  body: Schema.String,
  html_url: Schema.String,
  issue_url: Schema.String,
  created_at: Schema.String,
  updated_at: Schema.String
}) {}

/**
 * There is no such thing, or the token may not see it: GitHub answers 404 to both.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { message: Redact.Excerpt }) {}

/**
 * It was there and was deleted, or the repository has its issues switched off.
 *
 * @since 0.1.0
 * @category errors
 */
export class Gone extends Schema.TaggedError<Gone>()("Gone", { message: Redact.Excerpt }) {}

/**
 * Tells GitHub's throttling from its refusals: a 403 or 429 is `throttled` when nothing of the quota remains (until
 * `x-ratelimit-reset`), when it asks to wait (`retry-after`), or when its message says that a secondary limit is exceeded
 * (for a minute, unless it asks for another wait).
 *
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 * @since 0.1.0
 * @category policies
 */
export const classify: Failure.Classify = RateHeaders.classify("github")

const inRepository = { owner: Schema.String, repo: Schema.String }

const page = {
  /** Items on a page, 1 to 100. Default: 30. */
  per_page: Schema.optionalKey(Schema.Int),
  /** Default: 1. */
  page: Schema.optionalKey(Schema.Int)
}

const links = <Item>() => Pagination.linkHeader({ items: (items: ReadonlyArray<Item>) => items })

/**
 * One repository.
 *
 * @see https://docs.github.com/rest/repos/repos#get-a-repository
 * @since 0.1.0
 * @category endpoints
 */
export const getRepository = Endpoint.get("getRepository", "/repos/:owner/:repo", {
  params: inRepository,
  success: Repository,
  errors: { 404: NotFound }
})

/**
 * The issues and pull requests of a repository, newest first, as pages.
 *
 * @see https://docs.github.com/rest/issues/issues#list-repository-issues
 * @since 0.1.0
 * @category endpoints
 */
export const listIssues = Endpoint.get("listIssues", "/repos/:owner/:repo/issues", {
  params: inRepository,
  query: {
    /** Default: `open`. */
    state: Schema.optionalKey(Schema.Literals(["open", "closed", "all"])),
    /** Only what was updated since then, as ISO 8601. */
    since: Schema.optionalKey(Schema.String),
    ...page
  },
  success: Schema.Array(Issue),
  errors: { 404: NotFound, 410: Gone },
  pagination: links<Issue>()
})

/**
 * One issue or pull request.
 *
 * @see https://docs.github.com/rest/issues/issues#get-an-issue
 * @since 0.1.0
 * @category endpoints
 */
export const getIssue = Endpoint.get("getIssue", "/repos/:owner/:repo/issues/:issue_number", {
  params: { ...inRepository, issue_number: Schema.Int },
  success: Issue,
  errors: { 404: NotFound, 410: Gone }
})

/**
 * The comments on an issue or pull request, oldest first, as pages.
 *
 * @see https://docs.github.com/rest/issues/comments#list-issue-comments
 * @since 0.1.0
 * @category endpoints
 */
export const listIssueComments = Endpoint.get(
  "listIssueComments",
  "/repos/:owner/:repo/issues/:issue_number/comments",
  {
    params: { ...inRepository, issue_number: Schema.Int },
    query: page,
    success: Schema.Array(IssueComment),
    errors: { 404: NotFound },
    pagination: links<IssueComment>()
  }
)

/**
 * One comment on an issue or pull request.
 *
 * @see https://docs.github.com/rest/issues/comments#get-an-issue-comment
 * @since 0.1.0
 * @category endpoints
 */
export const getIssueComment = Endpoint.get("getIssueComment", "/repos/:owner/:repo/issues/comments/:comment_id", {
  params: { ...inRepository, comment_id: Schema.Int },
  success: IssueComment,
  errors: { 404: NotFound }
})

/**
 * The labels of a repository, as pages.
 *
 * @see https://docs.github.com/rest/issues/labels#list-labels-for-a-repository
 * @since 0.1.0
 * @category endpoints
 */
export const listLabels = Endpoint.get("listLabels", "/repos/:owner/:repo/labels", {
  params: inRepository,
  query: page,
  success: Schema.Array(Label),
  errors: { 404: NotFound },
  pagination: links<Label>()
})

/**
 * One label of a repository, by its name.
 *
 * @see https://docs.github.com/rest/issues/labels#get-a-label
 * @since 0.1.0
 * @category endpoints
 */
export const getLabel = Endpoint.get("getLabel", "/repos/:owner/:repo/labels/:name", {
  params: { ...inRepository, name: Schema.String },
  success: Label,
  errors: { 404: NotFound }
})

/**
 * One user, organization or app.
 *
 * @see https://docs.github.com/rest/users/users#get-a-user
 * @since 0.1.0
 * @category endpoints
 */
export const getUser = Endpoint.get("getUser", "/users/:username", {
  params: { username: Schema.String },
  success: User,
  errors: { 404: NotFound }
})

/**
 * The version of the REST API that the schemas were written for.
 *
 * @see https://docs.github.com/rest/about-the-rest-api/api-versions
 * @since 0.1.0
 * @category constants
 */
export const apiVersion = "2022-11-28"

/**
 * GitHub, as a service with a method per endpoint.
 *
 * @since 0.1.0
 * @category services
 */
export class GitHub extends Integration.Service<GitHub>()("github", {
  baseUrl: Config.String("GITHUB_API_URL").pipe(Config.withDefault("https://api.github.com")),
  endpoints: [getRepository, listIssues, getIssue, listIssueComments, getIssueComment, listLabels, getLabel, getUser],
  headers: { accept: "application/vnd.github+json", "user-agent": "causeway", "x-github-api-version": apiVersion },
  classify,
  policy: {
    deadline: "2 minutes",
    timeout: "10 seconds",
    retry: Retry.make({ schedule: Schedule.exponential("500 millis").pipe(Schedule.jittered), attempts: 5 }),
    rateLimit: { limit: 15, window: "1 second" },
    circuitBreaker: Breaker.failureRate({ threshold: 0.5, minimumCalls: 10, window: 20, openDuration: "10 seconds" })
  }
}) {}
