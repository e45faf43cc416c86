/** The public functions of all packages, by the names that the rows have. */
import * as auth from "@causeway/core/auth"
import * as client from "@causeway/core/client"
import * as crypto from "@causeway/core/crypto"
import * as policy from "@causeway/core/policy"
import * as testing from "@causeway/core/testing"
import * as webhook from "@causeway/core/webhook"
import * as node from "@causeway/node"
import * as providers from "@causeway/providers"
import { Context, Schema } from "effect"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"

const rooms = { auth, client, crypto, policy, testing, webhook, node, providers }

const isModule = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Reflect.get(value, Symbol.toStringTag) === "Module"

/** A class, a schema, a key of a service and an endpoint are values, which can be called or constructed too. */
const isFunction = (value: unknown): boolean =>
  typeof value === "function" &&
  !/^class\b/.test(Function.prototype.toString.call(value)) &&
  !Schema.isSchema(value) &&
  !Context.isKey(value) &&
  !HttpApiEndpoint.isHttpApiEndpoint(value)

const functions: ReadonlyMap<string, unknown> = new Map(
  Object.entries(rooms).flatMap(([room, modules]) =>
    Object.entries(modules).flatMap(([name, value]) =>
      (isModule(value) ? Object.entries(value) : [])
        .filter(([, member]) => isFunction(member))
        .map(([member, call]) => [`${room}/${name}.${member}`, call] as const)
    )
  )
)

export const exported: ReadonlyArray<string> = [...functions.keys()]

/** The words of a function's parameters, defaults included, as its source has them. */
export const parametersOf = (name: string): ReadonlyArray<string> => {
  const source = Function.prototype.toString.call(functions.get(name))
  const end = source.search(/\)\s*(?:=>|\{)/)
  return source.slice(0, end < 0 ? undefined : end).match(/\w+/g) ?? []
}
