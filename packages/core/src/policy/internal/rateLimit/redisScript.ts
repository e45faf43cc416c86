/**
 * Decides in Redis as the windows do in memory; see them for the reasons. One key holds all of a caller's key: its windows
 * `w`, what the provider has said (`p`, a pause, and `q`, quotas by scope), and how many turns were dealt, `d`.
 *
 * KEYS[1]: the key. ARGV: the time, or nothing for the server's; the operation; the number of limits; algorithm, limit,
 * window and burst of each; then what the operation takes.
 */
export const lua = `
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local DAY = 86400000
local saved = redis.call("GET", KEYS[1])
local state = saved and cmsgpack.unpack(saved) or { w = {}, p = 0, q = {}, d = 0 }

local limits = {}
local count = tonumber(ARGV[3])
local position = 4
for index = 1, count do
  limits[index] = {
    algorithm = ARGV[position],
    limit = tonumber(ARGV[position + 1]),
    window = tonumber(ARGV[position + 2]),
    burst = tonumber(ARGV[position + 3])
  }
  position = position + 4
end

local function isOneRun(limit, one, other)
  local grain = limit.limit > 64 and math.max(1, math.floor(limit.window / 64)) or 1
  return math.floor(one / grain) == math.floor(other / grain)
end

local function addUnits(w, limit, tokens)
  local units = w.f + tokens * limit.window
  local whole = math.floor(units / limit.limit)
  w.t = w.t + whole
  w.f = units - whole * limit.limit
end

local function startFrom(w, at)
  if w.t + (w.f > 0 and 1 or 0) < at then
    w.t = at
    w.f = 0
  end
end

local algorithms = {
  sliding = {
    make = function(limit) return { u = 0, r = {} } end,
    earliest = function(w, limit, tokens, from)
      if tokens > limit.limit then return nil end
      local used, at = w.u, from
      for index = 1, #w.r, 2 do
        local leaves = w.r[index] + limit.window
        if leaves > at and used + tokens <= limit.limit then return at end
        used = used - w.r[index + 1]
        if leaves > at then at = leaves end
      end
      return at
    end,
    take = function(w, limit, tokens, at)
      local kept = {}
      for index = 1, #w.r, 2 do
        if w.r[index] + limit.window <= at then
          w.u = w.u - w.r[index + 1]
        else
          kept[#kept + 1] = w.r[index]
          kept[#kept + 1] = w.r[index + 1]
        end
      end
      w.r = kept
      w.u = w.u + tokens
      local last = #kept - 1
      if last > 0 and (at <= kept[last] or isOneRun(limit, at, kept[last])) then
        kept[last] = math.max(kept[last], at)
        kept[last + 1] = kept[last + 1] + tokens
      else
        kept[#kept + 1] = at
        kept[#kept + 1] = tokens
      end
    end,
    correct = function(w, limit, tokens, at)
      for index = 1, #w.r, 2 do
        if isOneRun(limit, at, w.r[index]) then
          local left = math.max(0, w.r[index + 1] + tokens)
          w.u = w.u + left - w.r[index + 1]
          w.r[index + 1] = left
          return
        end
      end
    end,
    idle = function(w, limit) return #w.r > 0 and w.r[#w.r - 1] + limit.window or 0 end
  },
  gcra = {
    make = function(limit) return { t = 0, f = 0, l = limit.limit } end,
    earliest = function(w, limit, tokens, from)
      if tokens > limit.burst then return nil end
      local ahead = (limit.burst - tokens) * limit.window
      return math.max(from, w.t + math.ceil((w.f - ahead) / limit.limit))
    end,
    take = function(w, limit, tokens, at)
      startFrom(w, at)
      addUnits(w, limit, tokens)
    end,
    correct = function(w, limit, tokens, at, order)
      if tokens < 0 and order ~= state.d then return end
      if tokens > 0 then startFrom(w, at) end
      addUnits(w, limit, tokens)
    end,
    idle = function(w, limit) return w.t + (w.f > 0 and 1 or 0) end
  },
  fixed = {
    make = function(limit) return { b = -limit.window, u = 0 } end,
    earliest = function(w, limit, tokens, from)
      if tokens > limit.limit then return nil end
      local ends = w.b + limit.window
      if from >= ends or w.u + tokens <= limit.limit then return from end
      return ends
    end,
    take = function(w, limit, tokens, at)
      if at >= w.b + limit.window then
        w.b = at
        w.u = 0
      end
      w.u = w.u + tokens
    end,
    correct = function(w, limit, tokens, at)
      if at >= w.b then w.u = math.max(0, w.u + tokens) end
    end,
    idle = function(w, limit) return w.b + limit.window end
  }
}

local function continues(w, limit) return w ~= nil and w.a == limit.algorithm and w.m == limit.window end

local function retune()
  local same = #state.w == 0 or #state.w == count
  for index, limit in ipairs(limits) do
    if #state.w > 0 and not continues(state.w[index], limit) then same = false end
  end
  if not same then state.w = {} end
  for index, limit in ipairs(limits) do
    local w = state.w[index]
    if w == nil then
      w = algorithms[limit.algorithm].make(limit)
      w.a = limit.algorithm
      w.m = limit.window
      state.w[index] = w
    elseif w.a == "gcra" and w.l ~= limit.limit then
      w.t = w.t + (w.f > 0 and 1 or 0)
      w.f = 0
      w.l = limit.limit
    end
  end
end

local function cost(quota, tokens) return quota.c == "calls" and 1 or tokens end

local function heldUntil(tokens)
  local at = math.max(now, state.p)
  for _, quota in pairs(state.q) do
    if quota.n < cost(quota, tokens) then at = math.max(at, quota.t) end
  end
  return at
end

local function spend(tokens)
  local kept = {}
  for scope, quota in pairs(state.q) do
    if quota.t > now then
      quota.n = quota.n - cost(quota, tokens)
      kept[scope] = quota
    end
  end
  state.q = kept
end

local function save()
  local idle = state.p
  for _, quota in pairs(state.q) do idle = math.max(idle, quota.t) end
  for _, w in ipairs(state.w) do idle = math.max(idle, algorithms[w.a].idle(w, { window = w.m })) end
  if idle <= now then
    redis.call("DEL", KEYS[1])
  else
    redis.call("SET", KEYS[1], cmsgpack.pack(state), "PX", math.ceil(idle - now))
  end
end

local operations = {
  reserve = function(tokens)
    tokens = tonumber(tokens)
    retune()
    local from = heldUntil(tokens)
    local at, slowest = from, 1
    for index, limit in ipairs(limits) do
      local found = algorithms[limit.algorithm].earliest(state.w[index], limit, tokens, from)
      if found == nil then return { 0, -1, index, 0 } end
      if found > at then at, slowest = found, index end
    end
    if at > now then return { 0, math.ceil(at - now), slowest, 0 } end
    for index, limit in ipairs(limits) do
      algorithms[limit.algorithm].take(state.w[index], limit, tokens, now)
    end
    spend(tokens)
    state.d = state.d + 1
    save()
    return { 1, now, 0, state.d }
  end,
  correct = function(tokens, at, order)
    tokens, at, order = tonumber(tokens), tonumber(at), tonumber(order)
    if not saved then return { 1, now, 0, 0 } end
    retune()
    for index, limit in ipairs(limits) do
      algorithms[limit.algorithm].correct(state.w[index], limit, tokens, at, order)
    end
    save()
    return { 1, now, 0, 0 }
  end,
  hold = function(pause, ...)
    state.p = math.max(state.p, now + math.min(tonumber(pause), DAY))
    local quotas = { ... }
    for index = 1, #quotas, 4 do
      local scope, remaining = quotas[index], tonumber(quotas[index + 1])
      local resets = now + math.min(tonumber(quotas[index + 2]), DAY)
      local known = state.q[scope]
      if known == nil then
        local held, first = 0, nil
        for name, quota in pairs(state.q) do
          held = held + 1
          if first == nil or quota.t < state.q[first].t then first = name end
        end
        if held >= 16 then state.q[first] = nil end
      elseif math.abs(known.t - resets) <= 1000 then
        remaining = math.min(known.n, remaining)
        resets = known.t
      end
      state.q[scope] = { n = remaining, t = resets, c = quotas[index + 3] }
    end
    save()
    return { 1, now, 0, 0 }
  end
}

return operations[ARGV[2]](unpack(ARGV, position))
`
