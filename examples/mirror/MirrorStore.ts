/**
 * The mirror's own tables, over any `SqlClient`.
 *
 * What comes late must not undo what came before: a row is replaced only by a version that is at least as new. Each
 * writer says whether it changed anything.
 */
import type { GitHubApi } from "@causeway/providers/github"
import { Context, Effect, Layer } from "effect"
import { SqlClient, type SqlError } from "effect/sql"

/** How many rows the mirror holds of each kind. */
export interface Contents {
  readonly repositories: number
  readonly issues: number
  readonly comments: number
  readonly labels: number
  readonly people: number
}

type Stored<A = boolean> = Effect.Effect<A, SqlError.SqlError>

export class MirrorStore extends Context.Service<
  MirrorStore,
  {
    readonly saveRepository: (repository: GitHubApi.Repository) => Stored
    readonly saveIssue: (repository: string, issue: GitHubApi.Issue) => Stored
    readonly saveComment: (repository: string, comment: GitHubApi.IssueComment) => Stored
    readonly saveLabel: (repository: string, label: GitHubApi.Label) => Stored
    readonly saveUser: (user: GitHubApi.User) => Stored
    readonly remove: (table: "issues" | "comments" | "labels", id: number) => Stored
    readonly contents: Stored<Contents>
  }
>()("mirror/MirrorStore") {}

const tables = [
  `CREATE TABLE IF NOT EXISTS repositories (
    id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, description TEXT, updated_at TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS issues (
    id INTEGER PRIMARY KEY, repository TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL,
    author TEXT, labels TEXT NOT NULL, is_pull_request INTEGER NOT NULL, updated_at TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS comments (
    id INTEGER PRIMARY KEY, repository TEXT NOT NULL, issue INTEGER NOT NULL, author TEXT, body TEXT,
    updated_at TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS labels (
    id INTEGER PRIMARY KEY, repository TEXT NOT NULL, name TEXT NOT NULL, color TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY, login TEXT NOT NULL, type TEXT NOT NULL, url TEXT NOT NULL)`
]

type Row = Readonly<Record<string, string | number | null>>

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(tables, (table) => sql.unsafe(table))

  const save = (table: string, row: Row): Stored => {
    const columns = Object.keys(row).filter((column) => column !== "id")
    const replaced = columns.map((column) => `${column} = excluded.${column}`).join(", ")
    const changed = columns.map((column) => `${column} IS NOT excluded.${column}`).join(" OR ")
    const notOlder = columns.includes("updated_at") ? `excluded.updated_at >= ${table}.updated_at AND` : ""
    const upsert = sql`INSERT INTO ${sql(table)} ${sql.insert(row)}
      ON CONFLICT (id) DO UPDATE SET ${sql.literal(replaced)}
      WHERE ${sql.literal(notOlder)} (${sql.literal(changed)}) RETURNING id`
    return Effect.map(upsert, (rows) => rows.length > 0)
  }

  const count = (table: string) =>
    Effect.map(sql<{ readonly rows: number }>`SELECT COUNT(*) AS rows FROM ${sql(table)}`, ([row]) => row?.rows ?? 0)

  return MirrorStore.of({
    saveRepository: (repository) => save("repositories", repositoryRow(repository)),
    saveIssue: (repository, issue) => save("issues", issueRow(repository, issue)),
    saveComment: (repository, comment) => save("comments", commentRow(repository, comment)),
    saveLabel: (repository, { color, id, name }) => save("labels", { id, repository, name, color }),
    saveUser: ({ html_url, id, login, type }) => save("people", { id, login, type, url: html_url }),
    remove: (table, id) =>
      Effect.map(sql`DELETE FROM ${sql(table)} WHERE id = ${id} RETURNING id`, (rows) => rows.length > 0),
    contents: Effect.all({
      repositories: count("repositories"),
      issues: count("issues"),
      comments: count("comments"),
      labels: count("labels"),
      people: count("people")
    })
  })
})

/** Creates the tables that are missing. */
export const layer: Layer.Layer<MirrorStore, SqlError.SqlError, SqlClient.SqlClient> = Layer.effect(MirrorStore, make)

const repositoryRow = ({ description, full_name, id, updated_at }: GitHubApi.Repository): Row => ({
  id,
  full_name,
  description,
  updated_at
})

const issueRow = (repository: string, issue: GitHubApi.Issue): Row => ({
  id: issue.id,
  repository,
  number: issue.number,
  title: issue.title,
  state: issue.state,
  author: issue.user?.login ?? null,
  labels: JSON.stringify(issue.labels.map(({ name }) => name)),
  is_pull_request: issue.pull_request === undefined ? 0 : 1,
  updated_at: issue.updated_at
})

const commentRow = (repository: string, comment: GitHubApi.IssueComment): Row => ({
  id: comment.id,
  repository,
  issue: Number(comment.issue_url.split("/").at(-1)),
  author: comment.user?.login ?? null,
  body: comment.body,
  updated_at: comment.updated_at
})
