/**
 * How the parts fit: everything is a Layer, and what differs between a rehearsal and the real thing is given from outside.
 */
import { Inbox, WebhookSender } from "@causeway/core/webhook"
import { Sqlite, Transport } from "@causeway/node"
import { GitHub, GitHubAuth } from "@causeway/providers/github"
import { Layer } from "effect"
import * as Announcer from "./Announcer.ts"
import * as Handlers from "./Handlers.ts"
import * as Mirror from "./Mirror.ts"
import * as MirrorStore from "./MirrorStore.ts"
import * as Tally from "./Tally.ts"

export interface Options extends Handlers.Options {
  readonly target: Mirror.Target
  /** The file of the database. */
  readonly database: string
}

/** The mirror without a server: it reads from GitHub, and handles what is in its inbox. */
export const layer = ({ database, target, ...options }: Options) => {
  const github = GitHub.layer.pipe(Layer.provide(GitHubAuth.layer))
  const announcer = Announcer.layer.pipe(Layer.provide(WebhookSender.layer()))
  const stores = Layer.merge(MirrorStore.layer, Inbox.layerSql).pipe(
    Layer.provideMerge(Sqlite.layer({ filename: database }))
  )
  return Handlers.layer(options).pipe(
    Layer.provideMerge(Mirror.layer(target)),
    Layer.provide([github, announcer]),
    Layer.provideMerge(stores),
    Layer.provideMerge(Tally.layer),
    Layer.provide(Transport.layer)
  )
}
