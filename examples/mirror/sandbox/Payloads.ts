/**
 * The webhook payloads that GitHub really sent, as `@octokit/webhooks-examples` collects them.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** One webhook: the event's type, as `X-GitHub-Event` carries it, and its body. */
export interface Payload {
  readonly event: string
  readonly body: { readonly [field: string]: unknown }
}

interface Definition {
  readonly name: string
  readonly examples: ReadonlyArray<Payload["body"]>
}

/** Every payload of the collection, in its order. */
export const load = (): ReadonlyArray<Payload> =>
  definitions().flatMap(({ examples, name }) => examples.map((body) => ({ event: name, body })))

const definitions = (): ReadonlyArray<Definition> => {
  const file = fileURLToPath(import.meta.resolve("@octokit/webhooks-examples"))
  // The package's main file is this list; its own declarations need types that it does not bring along.
  return JSON.parse(readFileSync(file, "utf8")) as ReadonlyArray<Definition>
}
