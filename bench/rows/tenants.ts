import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { anything, armoured } from "../peers/causeway.ts"
import { layer, times } from "../peers/inMemory.ts"
import type { Finding } from "../Row.ts"

const tenants = 10_000

const tenantAt = (index: number): string => `tenant-${index}`

const bytesInUse = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const makeProvider = (name: string, endpoints: number) => {
  class Provider extends Integration.Service<Provider>()(name, {
    baseUrl: "http://provider.example",
    endpoints: [
      Endpoint.get("read", "/", { success: anything }),
      ...Array.from({ length: endpoints - 1 }, (_, index) =>
        Endpoint.get(`other${index}`, `/other/${index}`, { success: anything })
      )
    ],
    policy: Policy.merge(Policy.none, armoured)
  }) {}
  return Provider
}

const millis = (began: number): string => (performance.now() - began).toFixed(0)

const micros = (began: number, count: number): string => (((performance.now() - began) * 1_000) / count).toFixed(2)

const hold = async (endpoints: number): Promise<ReadonlyArray<string>> => {
  const Provider = makeProvider(`bench/Of${endpoints}`, endpoints)
  const live = Provider.layerTenants((tenant) =>
    Auth.bearer(Provider, Effect.succeed(Redacted.make(`key-of-${tenant}`)))
  )
  const runtime = ManagedRuntime.make(live.pipe(Layer.provide(layer())))
  const one = await runtime.runPromise(Provider.forTenant("warm"))
  await Effect.runPromise(one.read())
  const before = bytesInUse()
  const beganAll = performance.now()
  await runtime.runPromise(
    Effect.forEach(
      Array.from({ length: tenants }, (_, index) => tenantAt(index)),
      (tenant) => Effect.flatMap(Provider.forTenant(tenant), (provider) => provider.read()),
      { concurrency: "unbounded", discard: true }
    )
  )
  const all = millis(beganAll)
  const bytes = (bytesInUse() - before) / tenants
  const held = await runtime.runPromise(Effect.flatMap(Provider.tenants, ({ size }) => size))
  const services = await runtime.runPromise(Provider.tenants)
  const asked = 200_000
  await times(
    20_000,
    Effect.flatMap(services.forTenant(tenantAt(7)), (provider) => provider.read())
  )
  const beganAsking = performance.now()
  await times(asked, services.forTenant(tenantAt(7)))
  const perAsking = micros(beganAsking, asked)
  const calls = 50_000
  const beganTenant = performance.now()
  await times(calls, one.read())
  const perTenant = micros(beganTenant, calls)
  await runtime.dispose()
  const plain = ManagedRuntime.make(
    Provider.layer.pipe(Layer.provide([Auth.bearer(Provider, Effect.succeed(Redacted.make("key"))), layer()]))
  )
  const service = await plain.runPromise(Provider)
  await times(20_000, service.read())
  const beganPlain = performance.now()
  await times(calls, service.read())
  const perPlain = micros(beganPlain, calls)
  await plain.dispose()
  return [
    `${`${endpoints} endpoints`.padEnd(14)} ${bytes.toFixed(0).padStart(6)} bytes a tenant, ${held - 1} of them held, built and called once at once in ${all} ms`,
    `${"".padEnd(14)} forTenant ${perAsking} µs; a call ${perTenant} µs on behalf of a tenant, ${perPlain} µs without`
  ]
}

export const row: Finding = {
  name: "tenants",
  about: `${tenants} tenants at once, each with a bearer token, a circuit and a rate limit, after one call of each.`,
  find: async () => [...(await hold(1)), ...(await hold(20)), ...(await hold(100))]
}
