/** What users of promises put together: a client, a retry, a breaker, a limiter, each from a package of its own. */
import { type AxiosInstance, create as createAxios } from "axios"
import axiosRetry, { exponentialDelay } from "axios-retry"
import Bottleneck from "bottleneck"
import * as cockatiel from "cockatiel"
import got from "got"
import ky from "ky"
import { Agent as HttpAgent } from "node:http"
import CircuitBreaker from "opossum"
import pRetry from "p-retry"
import { Agent, request } from "undici"
import type { Peer } from "../Row.ts"
import { connections, token } from "./bare.ts"

const headers = { authorization: `Bearer ${token}`, accept: "application/json" }

const keepingAlive = () => new HttpAgent({ keepAlive: true, maxSockets: connections })

const withAxios = (
  name: string,
  prepare: (client: AxiosInstance, read: () => Promise<unknown>) => () => Promise<unknown>
): Peer => ({
  name,
  open: async (server) => {
    const httpAgent = keepingAlive()
    const client = createAxios({ httpAgent, headers, timeout: 5_000 })
    const read = async () => (await client.get<unknown>(server.href)).data
    return { call: prepare(client, read), close: async () => httpAgent.destroy() }
  }
})

const breaking = (read: () => Promise<unknown>) => {
  const breaker = new CircuitBreaker(read, { timeout: 10_000, errorThresholdPercentage: 50, resetTimeout: 30_000 })
  return () => breaker.fire()
}

export const axiosAlone = withAxios("axios", (_, read) => read)

export const axiosRetryOpossum = withAxios("axios + axios-retry + opossum", (client, read) => {
  axiosRetry(client, { retries: 3, retryDelay: exponentialDelay })
  return breaking(read)
})

export const axiosBottleneck = withAxios("axios + axios-retry + opossum + bottleneck", (client, read) => {
  axiosRetry(client, { retries: 3, retryDelay: exponentialDelay })
  const limiter = new Bottleneck({
    reservoir: 1_000_000,
    reservoirRefreshAmount: 1_000_000,
    reservoirRefreshInterval: 1_000
  })
  const fire = breaking(read)
  return () => limiter.schedule(fire)
})

export const axiosPRetry = withAxios("axios + p-retry + opossum", (_, read) => {
  const fire = breaking(read)
  return () => pRetry(fire, { retries: 3 })
})

export const gotAlone: Peer = {
  name: "got, with retry and timeout",
  open: async (server) => {
    const http = keepingAlive()
    const client = got.extend({ agent: { http }, headers, retry: { limit: 3 }, timeout: { request: 5_000 } })
    return { call: () => client.get(server).json(), close: async () => http.destroy() }
  }
}

export const kyAlone: Peer = {
  name: "ky, with retry and timeout",
  open: async (server) => {
    const client = ky.create({ headers, retry: 3, timeout: 5_000 })
    return { call: () => client.get(server).json(), close: async () => {} }
  }
}

export const undiciCockatiel: Peer = {
  name: "undici + cockatiel",
  open: async (server) => {
    const dispatcher = new Agent({ connections })
    const policy = cockatiel.wrap(
      cockatiel.retry(cockatiel.handleAll, { maxAttempts: 3, backoff: new cockatiel.ExponentialBackoff() }),
      cockatiel.circuitBreaker(cockatiel.handleAll, {
        halfOpenAfter: 30_000,
        breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 30_000 })
      }),
      cockatiel.timeout(5_000, cockatiel.TimeoutStrategy.Aggressive)
    )
    const read = async ({ signal }: { readonly signal: AbortSignal }) => {
      const { body } = await request(server, { dispatcher, headers, signal })
      return body.json()
    }
    return { call: () => policy.execute(read), close: () => dispatcher.close() }
  }
}
