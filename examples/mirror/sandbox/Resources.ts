/**
 * What GitHub's REST API would serve, gathered from the objects embedded in the webhook payloads.
 *
 * An object says in its `url` where it lives, and that is where it is served. Of several versions of an object the one
 * updated last is kept. Nothing is made up: a list holds what the payloads hold, even when that is little.
 */
import { Predicate } from "effect"
import type { Payload } from "./Payloads.ts"

/** An object of GitHub's API, as it was embedded in a payload. */
export interface Resource {
  readonly [field: string]: unknown
}

/** Objects and lists of objects, by path. */
export interface Resources {
  readonly objects: ReadonlyMap<string, Resource>
  readonly lists: ReadonlyMap<string, ReadonlyArray<Resource>>
}

interface Kind {
  readonly path: RegExp
  /** The paths of lists that exist because the object does, even when empty. */
  readonly opens: (path: string) => ReadonlyArray<string>
  /** The list that the object is in. */
  readonly listedIn?: (path: string, resource: Resource) => string
}

const kinds: ReadonlyArray<Kind> = [
  { path: /^\/users\/[^/]+$/, opens: () => [] },
  { path: /^\/repos\/[^/]+\/[^/]+$/, opens: (path) => [`${path}/issues`, `${path}/labels`] },
  { path: /^\/repos\/[^/]+\/[^/]+\/labels\/[^/]+$/, opens: () => [], listedIn: parentOf },
  { path: /^\/repos\/[^/]+\/[^/]+\/issues\/\d+$/, opens: (path) => [`${path}/comments`], listedIn: parentOf },
  {
    path: /^\/repos\/[^/]+\/[^/]+\/issues\/comments\/\d+$/,
    opens: () => [],
    listedIn: (_, comment) => `${apiPath(comment["issue_url"])}/comments`
  }
]

/** Gathers the objects of all payloads. */
export const gather = (payloads: ReadonlyArray<Payload>): Resources => {
  const objects = new Map<string, Resource>()
  for (const { body } of payloads) {
    for (const resource of objectsIn(body)) keepNewest(objects, resource)
  }
  return { objects: withRepositoriesById(objects), lists: listsOf(objects) }
}

function* objectsIn(value: unknown): Generator<Resource> {
  if (Array.isArray(value)) {
    for (const item of value) yield* objectsIn(item)
  } else if (Predicate.isObject(value)) {
    const resource: Resource = { ...value }
    yield resource
    for (const field of Object.values(resource)) yield* objectsIn(field)
  }
}

const keepNewest = (objects: Map<string, Resource>, resource: Resource) => {
  const path = apiPath(resource["url"])
  if (path === undefined || kindOf(path) === undefined || !isComplete(resource)) return
  const known = objects.get(path)
  if (known === undefined || isNewer(resource, known)) objects.set(path, resource)
}

/** A payload may embed an abridged object, such as a commit's author: without an id it is not the object itself. */
const isComplete = (resource: Resource) => Predicate.isNumber(resource["id"])

const isNewer = (candidate: Resource, known: Resource) => {
  const order = String(candidate["updated_at"] ?? "").localeCompare(String(known["updated_at"] ?? ""))
  return order > 0 || (order === 0 && Object.keys(candidate).length > Object.keys(known).length)
}

const listsOf = (objects: ReadonlyMap<string, Resource>) => {
  const lists = new Map<string, Array<Resource>>()
  const open = (path: string) => lists.get(path) ?? lists.set(path, []).get(path) ?? []
  for (const [path, resource] of objects) {
    const kind = kindOf(path)
    kind?.opens(path).forEach(open)
    if (kind?.listedIn !== undefined) open(kind.listedIn(path, resource)).push(resource)
  }
  for (const list of lists.values()) list.sort(byNumberThenId)
  return withListsById(objects, lists)
}

/** GitHub lists issues with the newest number first, and other objects by id. */
const byNumberThenId = (left: Resource, right: Resource) =>
  Number(right["number"] ?? 0) - Number(left["number"] ?? 0) || Number(left["id"]) - Number(right["id"])

/** GitHub's own links lead to `/repositories/:id`, where the same things are found. */
const withRepositoriesById = (objects: ReadonlyMap<string, Resource>) => {
  const both = new Map(objects)
  for (const [path, resource] of objects) {
    if (isRepository(path)) both.set(pathById(resource), resource)
  }
  return both
}

const withListsById = (objects: ReadonlyMap<string, Resource>, lists: ReadonlyMap<string, ReadonlyArray<Resource>>) => {
  const both = new Map(lists)
  for (const [path, list] of lists) {
    const [, owner, name, ...rest] = path.slice(1).split("/")
    const repository = objects.get(`/repos/${owner}/${name}`)
    if (repository !== undefined) both.set(`${pathById(repository)}/${rest.join("/")}`, list)
  }
  return both
}

const isRepository = (path: string) => path.split("/").length === 4 && path.startsWith("/repos/")

/** The path of a repository by its id. */
export const pathById = (repository: Resource): string => `/repositories/${String(repository["id"])}`

const kindOf = (path: string) => kinds.find((kind) => kind.path.test(path))

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"))
}

const apiPath = (url: unknown) => {
  if (!Predicate.isString(url) || !url.startsWith("https://api.github.com/")) return undefined
  return decodeURIComponent(new URL(url).pathname)
}
