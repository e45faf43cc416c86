import * as Redis from "effect/persistence/Redis"

/** A field holds the server's milliseconds when it was written, a colon, and the entry. */
const now = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Answers with pairs: how many milliseconds ago a variant was written, and the variant. */
export const read = Redis.script((name: string) => [name], {
  numberOfKeys: 1,
  lua: `${now}
local found = {}
for _, value in ipairs(redis.call("HVALS", KEYS[1])) do
  local colon = string.find(value, ":", 1, true)
  local written = colon and tonumber(string.sub(value, 1, colon - 1))
  if written then
    table.insert(found, string.format("%.0f", math.max(0, now - written)))
    table.insert(found, string.sub(value, colon + 1))
  end
end
return found
`
}).withReturnType<ReadonlyArray<unknown>>()

/** Writes a variant, drops the oldest beyond the most, and lets the key live as long as its longest-lived variant. */
export const write = Redis.script(
  (name: string, variant: string, entry: string, keepMillis: number, maxVariants: number) => [
    name,
    variant,
    entry,
    keepMillis,
    maxVariants
  ],
  {
    numberOfKeys: 1,
    lua: `${now}
redis.call("HSET", KEYS[1], ARGV[1], string.format("%.0f", now) .. ":" .. ARGV[2])
if redis.call("PTTL", KEYS[1]) < tonumber(ARGV[3]) then
  redis.call("PEXPIRE", KEYS[1], ARGV[3])
end
while redis.call("HLEN", KEYS[1]) > tonumber(ARGV[4]) do
  local oldest, oldestAt
  local fields = redis.call("HGETALL", KEYS[1])
  for index = 1, #fields, 2 do
    local at = tonumber(string.match(fields[index + 1], "^%d+")) or 0
    if fields[index] ~= ARGV[1] and (not oldestAt or at < oldestAt) then
      oldest, oldestAt = fields[index], at
    end
  end
  redis.call("HDEL", KEYS[1], oldest)
end
return 1
`
  }
).withReturnType<number>()
