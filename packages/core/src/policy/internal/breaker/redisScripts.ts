import * as Redis from "effect/persistence/Redis"

/** How long a circuit is kept that nobody uses, and how long one that is isolated. */
export const idleMillis = 3_600_000
export const isolatedMillis = 30 * 24 * 3_600_000

/** What every script begins with: the time, and the circuit as it is. KEYS[1] is the circuit's hash. */
const circuit = `
local given, name, channel = ARGV[1], ARGV[2], ARGV[3]
local idle = ${idleMillis}

local function clock()
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local now = clock()
local fields = redis.call('HMGET', KEYS[1],
  'phase', 'generation', 'openings', 'openMillis', 'until', 'running', 'passed', 'failed')
local phase = fields[1] or 'closed'
local generation = tonumber(fields[2] or 0)
local openings = tonumber(fields[3] or 0)
local openMillis = tonumber(fields[4] or 0)
local ends = tonumber(fields[5] or 0)
local running = tonumber(fields[6] or 0)
local passed = tonumber(fields[7] or 0)
local failed = tonumber(fields[8] or 0)

local function keep(millis)
  redis.call('PEXPIRE', KEYS[1], math.ceil(millis))
end

local function change(to, nextOpenings, millis, calls, failures)
  redis.call('HSET', KEYS[1], 'phase', to, 'generation', generation + 1, 'since', now, 'openings', nextOpenings,
    'openMillis', millis, 'until', now + millis, 'running', 0, 'passed', 0, 'failed', 0,
    'calls', calls, 'failures', failures)
  keep(to == 'isolated' and ${isolatedMillis} or millis + idle)
  redis.call('PUBLISH', channel, cjson.encode({ key = name, from = phase, to = to, at = now }))
end

local function openMillisOf(recovery, count)
  return recovery.openMillis[math.min(count, #recovery.openMillis)]
end
`

/** A clock that was set back must not lengthen what is left. */
const waitOf = `
local function wait()
  if ends - now > openMillis then
    ends = now + openMillis
    redis.call('HSET', KEYS[1], 'until', ends)
  end
  return ends - now
end
`

type Circuit = readonly [stateKey: string, now: string, key: string, channel: string]

/** Admitted with a generation (and a transition), or refused for some milliseconds (-1: for good). */
export type AdmitReply =
  | readonly ["admitted", generation: number]
  | readonly ["probe", generation: number, began: number, at: number]
  | readonly ["refused", retryAfterMillis: number]

export const admit = Redis.script((...given: readonly [...Circuit, breaker: string]) => given, {
  numberOfKeys: 1,
  lua: `${circuit}${waitOf}
if phase == 'closed' then return { 'admitted', generation } end
if phase == 'isolated' then
  keep(${isolatedMillis})
  return { 'refused', -1 }
end
if phase == 'open' and ends > now then return { 'refused', wait() } end

local recovery = cjson.decode(ARGV[4]).recovery
local began = 0
if phase == 'open' then
  openMillis = openMillisOf(recovery, openings)
  change('half-open', openings, openMillis, 0, 0)
  generation = generation + 1
  began = 1
elseif ends <= now then
  running = 0
end
if running + passed + failed >= recovery.probes then return { 'refused', wait() } end
redis.call('HSET', KEYS[1], 'running', running + 1, 'until', now + openMillis)
keep(openMillis + idle)
return { 'probe', generation, began, now }
`
}).withReturnType<AdmitReply>()

/** Nothing, or the change that the outcome made. */
export type RecordReply = readonly [] | readonly [from: string, to: string, at: number]

export const record = Redis.script(
  (
    ...given: readonly [
      stateKey: string,
      tallyKey: string,
      outcomesKey: string,
      now: string,
      key: string,
      channel: string,
      breaker: string,
      generation: number,
      outcome: string,
      elapsedMillis: number,
      retryAfterMillis: number,
      customTrips: 0 | 1
    ]
  ) => given,
  {
    numberOfKeys: 3,
    lua: `${circuit}
local outcome, elapsed, asked = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
if tonumber(ARGV[5]) ~= generation then return {} end

local breaker = cjson.decode(ARGV[4])
local recovery = breaker.recovery
local bucketCount = 10

local function open(before, calls, failures)
  local millis = math.max(openMillisOf(recovery, before + 1), math.ceil(math.min(asked, recovery.maxRetryAfterMillis)))
  change('open', before + 1, millis, calls, failures)
  redis.call('DEL', KEYS[2], KEYS[3])
  return { phase, 'open', now }
end

if phase == 'half-open' then
  running = math.max(0, running - 1)
  if outcome == 'success' and elapsed < (breaker.slowerThanMillis or math.huge) then
    passed = passed + 1
  elseif outcome ~= 'ignored' then
    failed = failed + 1
  end
  if passed >= recovery.probesToClose then
    change('closed', 0, 0, 0, 0)
    return { phase, 'closed', now }
  end
  if failed > recovery.probes - recovery.probesToClose then return open(openings, passed + failed, failed) end
  redis.call('HSET', KEYS[1], 'running', running, 'passed', passed, 'failed', failed)
  return {}
end
if phase ~= 'closed' or outcome == 'ignored' then return {} end

if redis.call('HGET', KEYS[2], 'generation') ~= tostring(generation) then
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[2], 'generation', generation)
end

local function countInARow(index, trip)
  local failures = outcome == 'failure' and redis.call('HINCRBY', KEYS[2], 'row' .. index, 1) or 0
  if failures == 0 then redis.call('HSET', KEYS[2], 'row' .. index, 0) end
  return failures, failures, failures >= trip.failures
end

local offset = 0
local function countCalls(index, size, bad)
  local counts = redis.call('HMGET', KEYS[2], 'next' .. index, 'calls' .. index, 'bad' .. index)
  local at = tonumber(counts[1] or 0)
  local calls = math.min(size, tonumber(counts[2] or 0) + 1)
  local was = redis.call('SETBIT', KEYS[3], offset + at, bad)
  local failures = tonumber(counts[3] or 0) + bad - was
  redis.call('HSET', KEYS[2], 'next' .. index, (at + 1) % size, 'calls' .. index, calls, 'bad' .. index, failures)
  offset = offset + size
  return calls, failures
end

local function bucketOf(index, slot)
  local stored = redis.call('HGET', KEYS[2], 'bucket' .. index .. ':' .. slot)
  if not stored then return -bucketCount, 0, 0 end
  local number, calls, bad = stored:match('^(%d+) (%d+) (%d+)$')
  return tonumber(number), tonumber(calls), tonumber(bad)
end

local function countTime(index, window, bad)
  local newest = math.floor(now / math.max(1, math.ceil(window / bucketCount)))
  local allCalls, allBad = 1, bad
  for slot = 0, bucketCount - 1 do
    local number, calls, badCalls = bucketOf(index, slot)
    local counts = number > newest - bucketCount and number <= newest
    if counts then allCalls, allBad = allCalls + calls, allBad + badCalls end
    if slot == newest % bucketCount then
      if not counts then calls, badCalls = 0, 0 end
      local bucket = string.format('%.0f %d %d', newest, calls + 1, badCalls + bad)
      redis.call('HSET', KEYS[2], 'bucket' .. index .. ':' .. slot, bucket)
    end
  end
  return allCalls, allBad
end

local function countRate(index, trip)
  local slow = trip._tag == 'SlowCallRate' and elapsed >= trip.slowerThanMillis
  local failure = trip._tag == 'FailureRate' and outcome == 'failure'
  local bad = (slow or failure) and 1 or 0
  local count = trip.window._tag == 'Calls' and countCalls or countTime
  local calls, failures = count(index, trip.window.size or trip.window.millis, bad)
  return calls, failures, calls >= trip.minimumCalls and failures / calls >= trip.threshold
end

local trips, calls, failures, longest = ARGV[9] == '1', 0, 0, idle
for index, trip in ipairs(breaker.trips) do
  local count = trip._tag == 'Consecutive' and countInARow or countRate
  local counted, bad, tripped = count(index, trip)
  if index == 1 then calls, failures = counted, bad end
  if trip.window and trip.window.millis then longest = math.max(longest, trip.window.millis * 2) end
  trips = trips or tripped
end
if trips then return open(0, calls, failures) end
redis.call('HSET', KEYS[1], 'calls', calls, 'failures', failures)
redis.call('HSETNX', KEYS[1], 'since', now)
keep(longest)
redis.call('PEXPIRE', KEYS[2], math.ceil(longest))
redis.call('PEXPIRE', KEYS[3], math.ceil(longest))
return {}
`
  }
).withReturnType<RecordReply>()

export const byHand = Redis.script((...given: readonly [...Circuit, change: "isolate" | "close" | "reset"]) => given, {
  numberOfKeys: 1,
  lua: `${circuit}
local wanted = ARGV[4]
if wanted == 'isolate' then
  if phase ~= 'isolated' then change('isolated', 0, 0, 0, 0) end
elseif phase ~= 'closed' then
  change('closed', 0, 0, 0, 0)
elseif wanted == 'reset' then
  redis.call('HSET', KEYS[1], 'generation', generation + 1, 'since', now, 'calls', 0, 'failures', 0)
  keep(idle)
end
`
})

/** Nothing for a circuit that is not held; `retryAfterMillis` is -1 for one that is not open. */
export type LookReply =
  | readonly []
  | readonly [phase: string, since: string, calls: number, failures: number, retryAfterMillis: number]

export const look = Redis.script((...[stateKey, now, key, channel]: Circuit) => [stateKey, now, key, channel], {
  numberOfKeys: 1,
  lua: `${circuit}
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local seen = redis.call('HMGET', KEYS[1], 'since', 'calls', 'failures')
local calls, failures = tonumber(seen[2] or 0), tonumber(seen[3] or 0)
if phase == 'half-open' then calls, failures = passed + failed, failed end
return { phase, seen[1] or tostring(now), calls, failures, phase == 'open' and math.max(0, ends - now) or -1 }
`
}).withReturnType<LookReply>()

/** Notes for some time that there is such a circuit; the one whose time ends first goes when there are too many. */
export const enlist = Redis.script(
  (...given: readonly [indexKey: string, key: string, most: number, keepMillis: number]) => given,
  {
    numberOfKeys: 1,
    lua: `
local now = redis.call('TIME')[1] * 1000
redis.call('ZADD', KEYS[1], 'GT', now + ARGV[3], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ${isolatedMillis})
`
  }
)
