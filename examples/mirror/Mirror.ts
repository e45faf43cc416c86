/**
 * Mirrors one repository: by sweeping over it, and by looking again at whatever a webhook says has changed.
 *
 * A webhook tells that something changed; what it is now is asked of the API. So it doesn't matter in which order
 * webhooks come, and an event that comes twice does no harm.
 */
import { GitHub, type GitHubApi } from "@causeway/providers/github"
import { Context, Duration, Effect, Exit, Layer, Stream } from "effect"
import { MirrorStore } from "./MirrorStore.ts"
import { Tally } from "./Tally.ts"

/** A repository's owner and name. */
export interface Target {
  readonly owner: string
  readonly repo: string
  /** Items on a page of a list, 1 to 100. */
  readonly pageSize: number
}

export class Mirror extends Context.Service<Mirror, Effect.Success<ReturnType<typeof make>>>()("mirror/Mirror") {}

const make = Effect.fnUntraced(function* ({ owner, pageSize, repo }: Target) {
  const github = yield* GitHub
  const store = yield* MirrorStore
  const tally = yield* Tally
  const params = { owner, repo }
  const query = { per_page: pageSize }
  const repository = `${owner}/${repo}`

  const refreshRepository = Effect.flatMap(github.getRepository({ params }), store.saveRepository)

  const saveIssue = (issue: GitHubApi.Issue) =>
    Effect.andThen(issue.user === null ? Effect.void : store.saveUser(issue.user), store.saveIssue(repository, issue))

  const refreshIssue = ({ id, number }: Pick<GitHubApi.Issue, "id" | "number">) =>
    github.getIssue({ params: { ...params, issue_number: number } }).pipe(
      Effect.flatMap(saveIssue),
      Effect.catchTag(["NotFound", "Gone"], () => store.remove("issues", id))
    )

  const refreshComment = ({ id }: GitHubApi.IssueComment) =>
    github.getIssueComment({ params: { ...params, comment_id: id } }).pipe(
      Effect.flatMap((comment) => store.saveComment(repository, comment)),
      Effect.catchTag("NotFound", () => store.remove("comments", id))
    )

  const refreshLabel = ({ id, name }: GitHubApi.Label) =>
    github.getLabel({ params: { ...params, name } }).pipe(
      Effect.flatMap((label) => store.saveLabel(repository, label)),
      Effect.catchTag("NotFound", () => store.remove("labels", id))
    )

  const sweepLabels = github.listLabels
    .items({ params, query })
    .pipe(Stream.runForEach((label) => store.saveLabel(repository, label)))

  const sweepComments = ({ number }: GitHubApi.Issue) =>
    github.listIssueComments
      .items({ params: { ...params, issue_number: number }, query })
      .pipe(Stream.runForEach((comment) => store.saveComment(repository, comment)))

  const sweepIssues = github.listIssues.pages({ params, query: { ...query, state: "all" } }).pipe(
    Stream.tap(() => Effect.sync(() => (tally.pages += 1))),
    Stream.flatMap(Stream.fromIterable),
    Stream.mapEffect((issue) => Effect.andThen(saveIssue(issue), sweepComments(issue)), { concurrency: 4 }),
    Stream.runDrain
  )

  /** Reads everything, once. What breaks off is begun anew by the next sweep. */
  const sweep = Effect.all([refreshRepository, sweepLabels, sweepIssues], { discard: true }).pipe(
    Effect.onExit((exit) => Effect.sync(() => (tally.sweeps[Exit.isSuccess(exit) ? "done" : "broken"] += 1))),
    Effect.timed,
    Effect.map(([duration]) => tally.sweeps.millis.add(Duration.toMillis(duration)))
  )

  return { repository, sweep, refreshRepository, refreshIssue, refreshComment, refreshLabel }
})

/** The mirror of one repository. */
export const layer = (target: Target) => Layer.effect(Mirror, make(target))
