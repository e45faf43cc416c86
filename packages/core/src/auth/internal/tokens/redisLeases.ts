import { Clock, Effect } from "effect"
import * as Redis from "effect/persistence/Redis"
import type { TokenLease } from "../../TokenLease.ts"
import type { Owner } from "./owner.ts"
import { failure } from "./row.ts"
import type { Time } from "./sqlLeases.ts"

/** For how long it is remembered that a lease was never given back. */
const rememberedMillis = 3_600_000

const clock = `
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
`

type Parameters = readonly [key: string, holder: string, now: string, millis: number]

/** 0: another's; 1: taken; 2: taken over. */
const acquire = Redis.script((...parameters: Parameters) => parameters, {
  numberOfKeys: 1,
  lua: `${clock}
local held = redis.call('HMGET', KEYS[1], 'holder', 'ends')
if held[1] and tonumber(held[2]) > now then return 0 end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'ends', now + ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3] + ${rememberedMillis})
return held[1] and 2 or 1
`
}).withReturnType<number>()

const extend = Redis.script((...parameters: Parameters) => parameters, {
  numberOfKeys: 1,
  lua: `${clock}
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'ends', now + ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[3] + ${rememberedMillis})
return 1
`
}).withReturnType<number>()

const release = Redis.script((key: string, holder: string) => [key, holder], {
  numberOfKeys: 1,
  lua: `
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`
}).withReturnType<number>()

export const make = (redis: Redis.Redis["Service"], prefix: string, time: Time): TokenLease["Service"] => {
  const scripts = { acquire: redis.eval(acquire), extend: redis.eval(extend), release: redis.eval(release) }
  const now = time === "server" ? Effect.succeed("") : Effect.map(Clock.currentTimeMillis, String)

  const keyOf = ({ integration, tenant }: Owner) =>
    `${prefix}:token-lease:{${encodeURIComponent(integration)}:${encodeURIComponent(tenant)}}`

  const asking = <A>(owner: Owner, operation: string, question: Effect.Effect<A, Redis.RedisError>) =>
    Effect.mapError(question, () => failure(owner, operation, "Redis failed"))

  return {
    acquire: (owner, holder, millis) =>
      Effect.flatMap(now, (at) =>
        asking(owner, "take the lease", scripts.acquire(keyOf(owner), holder, at, Math.ceil(millis)))
      ).pipe(Effect.map((answer) => (answer === 0 ? undefined : { takenOver: answer === 2 }))),
    extend: (owner, holder, millis) =>
      Effect.flatMap(now, (at) =>
        asking(owner, "prolong the lease", scripts.extend(keyOf(owner), holder, at, Math.ceil(millis)))
      ).pipe(Effect.map((answer) => answer === 1)),
    release: (owner, holder) =>
      Effect.asVoid(asking(owner, "give the lease back", scripts.release(keyOf(owner), holder)))
  }
}
