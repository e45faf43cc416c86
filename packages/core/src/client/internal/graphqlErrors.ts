/** What the codes of GraphQL errors mean, and how long a throttled call waits. */
import { Duration } from "effect"
import type * as Failure from "../../policy/Failure.ts"

const byCode: Readonly<Record<string, Failure.Category>> = {
  // Shopify, GitHub, Linear, Hasura, monday.com
  THROTTLED: "throttled",
  RATE_LIMITED: "throttled",
  RATE_LIMIT: "throttled",
  RATELIMITED: "throttled",
  RATE_LIMIT_EXCEEDED: "throttled",
  TOO_MANY_REQUESTS: "throttled",
  COMPLEXITY_BUDGET_EXHAUSTED: "throttled",
  ComplexityException: "throttled",
  // Apollo Server, Linear
  UNAUTHENTICATED: "unauthorized",
  UNAUTHORIZED: "unauthorized",
  AUTHENTICATION_ERROR: "unauthorized",
  INTERNAL_SERVER_ERROR: "transient",
  INTERNAL_ERROR: "transient",
  SERVICE_UNAVAILABLE: "transient",
  GATEWAY_TIMEOUT: "transient",
  TIMEOUT: "transient",
  // Shopify: the query costs more than any wait restores
  MAX_COST_EXCEEDED: "rejected",
  ACCESS_DENIED: "rejected",
  FORBIDDEN: "rejected",
  BAD_USER_INPUT: "rejected",
  GRAPHQL_PARSE_FAILED: "rejected",
  GRAPHQL_VALIDATION_FAILED: "rejected"
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  // An object has properties of any name, or none.
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

const errorsOf = (body: unknown): ReadonlyArray<unknown> => {
  const { errors } = record(body)
  return Array.isArray(errors) ? errors : []
}

const categoryOfError = (error: unknown): Failure.Category | undefined => {
  const { extensions, type } = record(error)
  const code = record(extensions)["code"] ?? type
  return typeof code === "string" && Object.hasOwn(byCode, code) ? byCode[code] : undefined
}

/** Undefined leaves it to the status. Several errors are transient only together. */
export const categoryOf = (body: unknown): Failure.Category | undefined => {
  const found = errorsOf(body).map(categoryOfError)
  if (found.includes("unauthorized")) return "unauthorized"
  if (found.includes("throttled")) return isTooExpensive(body) ? "rejected" : "throttled"
  if (found.includes("rejected")) return "rejected"
  return found.every((category) => category === "transient") ? "transient" : undefined
}

interface Cost {
  readonly requested: number
  readonly available: number
  readonly maximum: number
  readonly restoredPerSecond: number
}

/** @see https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits */
const costOf = (body: unknown): Cost | undefined => {
  const cost = record(record(record(body)["extensions"])["cost"])
  const { currentlyAvailable, maximumAvailable, restoreRate } = record(cost["throttleStatus"])
  const { requestedQueryCost: requested } = cost
  const isComplete = typeof requested === "number" && typeof currentlyAvailable === "number"
  return isComplete && typeof restoreRate === "number" && restoreRate > 0
    ? {
        requested,
        available: currentlyAvailable,
        maximum: typeof maximumAvailable === "number" ? maximumAvailable : Infinity,
        restoredPerSecond: restoreRate
      }
    : undefined
}

const isTooExpensive = (body: unknown): boolean => {
  const cost = costOf(body)
  return cost !== undefined && cost.requested > cost.maximum
}

/** Until the points that the call lacks are restored, or what an error states in seconds, as monday.com does. */
export const waitOf = (body: unknown): Duration.Duration | undefined => {
  if (categoryOf(body) !== "throttled") return undefined
  const cost = costOf(body)
  if (cost !== undefined) {
    const lacking = Math.max(0, cost.requested - cost.available)
    return Duration.millis(Math.ceil((lacking / cost.restoredPerSecond) * 1000))
  }
  const seconds = errorsOf(body).flatMap((error) => {
    const stated = record(record(error)["extensions"])["retry_in_seconds"]
    return typeof stated === "number" && Number.isFinite(stated) && stated >= 0 ? [stated] : []
  })
  return seconds.length === 0 ? undefined : Duration.seconds(Math.max(...seconds))
}
