/** An integration as it was defined: its options, checked and put in one form. */
import * as HttpApi from "effect/http-api/HttpApi"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as Failure from "../../policy/Failure.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import * as Policy from "../../policy/Policy.ts"
import * as Endpoint from "../Endpoint.ts"
import type * as FailureRule from "../FailureRule.ts"
import { validBaseUrl, validHeaders, validOrigin } from "./addresses.ts"
import { validRedirects } from "./endpointChecks.ts"
import { checkRules } from "./ruleChecks.ts"
import type { BaseUrl } from "./instanceAddress.ts"
import { checkDescription, checkNames } from "./integrationChecks.ts"
import { pathOf, type Placed } from "./Placed.ts"
import { checkApi, checkIntegration, checkPolicies, checkRecord } from "./optionChecks.ts"
import * as OptionCheck from "../../policy/OptionCheck.ts"

/** The key of an `HttpApi` and its policies among the options. */
export const ApiTypeId = "~causeway/client/Integration/FromHttpApi"

/** The options that endpoints by hand and an `HttpApi` share. */
export interface CommonOptions<
  B extends BaseUrl,
  P extends Policy.Policy,
  Failures extends ReadonlyArray<FailureRule.Any>
> {
  /** Where the provider is: `http` or `https`, with a path if it has one, without query or fragment. */
  readonly baseUrl: B
  /** How every endpoint is called, slot by slot over `Policy.standard`; `null` turns a slot off, `Policy.none` all. */
  readonly policy?: Policy.Exact<P>
  /**
   * Further origins that get the credentials and headers of this integration, such as `https://files.example`: those of
   * URLs that the provider gives. The origin of `baseUrl` is always one. Default: none.
   */
  readonly origins?: ReadonlyArray<string>
  /** Which redirects are followed, at most 10 in a row, each within the time of its attempt. Default: `none`. */
  readonly redirects?: Endpoint.Redirects
  /**
   * What every request carries, such as a version; those of a tenant, an endpoint and a call go before these. Default: a
   * `user-agent` that names Causeway and the integration, and an `accept` for what the endpoint declares.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** Bodies that are failures whatever their status, for all endpoints; an endpoint's rules go first. Default: none. */
  readonly failures?: Failures
  /** What a response means, where the provider has its own way. Default: `Failure.classify`. */
  readonly classify?: Failure.Classify
  /** The largest body that is decoded, in bytes; a streamed one is not bounded. Default: 32 MiB. */
  readonly maxBodyBytes?: number
}

type PolicyTable = Readonly<Record<string, Readonly<Record<string, Policy.Policy>> | undefined>>

export interface AnyOptions extends CommonOptions<BaseUrl, Policy.Policy, ReadonlyArray<FailureRule.Any>> {
  readonly endpoints?: ReadonlyArray<HttpApiEndpoint.Top>
  readonly [ApiTypeId]?: {
    readonly api: HttpApi.HttpApi<string, HttpApiGroup.Constraint>
    readonly policies: PolicyTable
  }
}

export interface Description {
  readonly id: string
  readonly baseUrl: BaseUrl
  readonly origins: ReadonlySet<string>
  readonly redirects: Endpoint.Redirects
  readonly policy: Policy.Policy
  readonly headers: Readonly<Record<string, string>>
  readonly classify: Failure.Classify
  readonly maxBodyBytes: number
  readonly failures: ReadonlyArray<FailureRule.Any>
  readonly placed: ReadonlyArray<Placed>
}

const optionNames = {
  baseUrl: true,
  classify: true,
  endpoints: true,
  failures: true,
  headers: true,
  maxBodyBytes: true,
  origins: true,
  policy: true,
  redirects: true,
  [ApiTypeId]: true
} as const satisfies { readonly [K in keyof AnyOptions]-?: true }

export const apiOptionNames: ReadonlyArray<string> = [
  ...Object.keys(optionNames).filter((name) => name !== "endpoints" && name !== ApiTypeId),
  "policies"
]

export const describe = (id: string, options: AnyOptions): Description => {
  OptionCheck.text("id of an integration", id)
  checkRecord(`options of ${id}`, options)
  checkNames(`options of ${id}`, options, Object.keys(optionNames))
  checkIntegration(id, options)
  checkDescription(id, options.policy ?? {}, [])
  const placed =
    options[ApiTypeId] === undefined ? fromEndpoints(options.endpoints ?? []) : fromApi(id, options[ApiTypeId])
  const description: Description = {
    id,
    baseUrl: typeof options.baseUrl === "string" ? validBaseUrl(`baseUrl of ${id}`, options.baseUrl) : options.baseUrl,
    origins: new Set((options.origins ?? []).map((origin) => validOrigin(`origins of ${id}`, origin))),
    redirects: validRedirects(`redirects of ${id}`, options.redirects) ?? "none",
    policy: Policy.merge(Policy.standard, options.policy ?? {}),
    classify: options.classify ?? Failure.classify,
    headers: validHeaders(`headers of ${id}`, options.headers ?? {}),
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    failures: options.failures ?? [],
    placed
  }
  checkDescription(id, options.policy ?? {}, placed)
  for (const { policy } of placed) Policy.compile(Policy.merge(description.policy, policy))
  rejectDuplicates(id, placed)
  checkRules(id, description.failures)
  return description
}

const fromEndpoints = (endpoints: ReadonlyArray<HttpApiEndpoint.Top>): ReadonlyArray<Placed> =>
  endpoints.map((endpoint) => ({
    endpoint,
    group: undefined,
    atTop: true,
    name: endpoint.identifier,
    policy: Endpoint.definition(endpoint).policy
  }))

const fromApi = (id: string, { api, policies }: NonNullable<AnyOptions[typeof ApiTypeId]>): ReadonlyArray<Placed> => {
  checkApi(`api of ${id}`, api)
  checkPolicies(`policies of ${id}`, policies)
  const placed: Array<Placed> = []
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group }) =>
      placed.push({
        endpoint,
        group: group.identifier,
        atTop: group.topLevel,
        name: endpoint.identifier,
        policy: policies[group.identifier]?.[endpoint.identifier] ?? Endpoint.definition(endpoint).policy
      })
  })
  checkPlaces(`policies of ${id}`, policies, placed)
  return placed
}

/** Throws `InvalidOption` for the policy of a group or an endpoint that the API doesn't have. */
const checkPlaces = (where: string, policies: PolicyTable, placed: ReadonlyArray<Placed>): void => {
  const groups = Map.groupBy(placed, ({ group }) => group ?? "")
  checkNames(where, policies, [...groups.keys()])
  for (const [group, table] of Object.entries(policies)) {
    checkNames(
      `${where}, group ${group}`,
      table ?? {},
      (groups.get(group) ?? []).map(({ name }) => name)
    )
  }
}

const rejectDuplicates = (id: string, placed: ReadonlyArray<Placed>): void => {
  const paths = placed.map(pathOf)
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  if (twice !== undefined) {
    throw new InvalidOption.InvalidOption({
      option: `endpoints of ${id}`,
      actual: `a list with two endpoints named ${twice}`,
      accepts: "a list in which each name is used once"
    })
  }
}

export const wiringOf = ({ classify, failures, id, maxBodyBytes, redirects }: Description) => ({
  id,
  classify,
  failures,
  maxBodyBytes,
  redirects
})
