/**
 * What can be said on the command line.
 */
import { Flag } from "effect/cli"

const repositoryName = /^[\w.-]+\/[\w.-]+$/

export const flags = {
  live: Flag.String("live").pipe(
    Flag.withMetavar("OWNER/REPO"),
    Flag.withDescription("Mirror this repository from the real API, with the token in GITHUB_TOKEN"),
    Flag.filter(
      (name) => repositoryName.test(name),
      (name) => `Expected OWNER/REPO, such as octocat/hello-world, got "${name}"`
    ),
    Flag.optional
  ),
  listen: Flag.Int("listen").pipe(
    Flag.withMetavar("PORT"),
    Flag.withDescription(
      "With --live: stay, and take webhooks on this port, signed with the secret in GITHUB_WEBHOOK_SECRET"
    ),
    Flag.filter(
      (port) => port >= 1 && port <= 65_535,
      (port) => `Expected a port from 1 to 65535, got ${port}`
    ),
    Flag.optional
  ),
  database: Flag.String("database").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Keep the mirror in this SQLite file. Default: a temporary one, removed at the end"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Repeat a rehearsal's faults and order of webhooks. Default: drawn anew"),
    Flag.filter(
      (seed) => seed >= 0 && seed <= 4_294_967_295,
      (seed) => `Expected a seed from 0 to 4294967295, got ${seed}`
    ),
    Flag.optional
  ),
  plantImbalance: Flag.Boolean("plant-imbalance").pipe(
    Flag.withDescription("Let the sandbox claim one event more than it sent, to see the ledger fail"),
    Flag.withHidden,
    Flag.withDefault(false)
  )
}
