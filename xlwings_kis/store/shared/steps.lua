-- One step of the store that machines share, whole or not at all.
--
-- KEYS[1]: what the keys of a scope begin with; it holds a hash tag, so all of them lie in one slot of a cluster.
-- ARGV: step, now (the server's clock), how far the gateway's clock is believed ahead where nothing is stored, the
-- machine's mark, then what the step needs. VERSION, LEASE, BURST, JUST_NOW, LONGEST_REST, EPOCH and SHOWN (standings
-- whose figures are shown) are set in front of this. Numbers go in and out as text: a reply would cut them to integers.

local BASE, STEP, NOW = KEYS[1], ARGV[1], tonumber(ARGV[2])
local SLACK = 2  -- seconds by which machines may still differ once their clocks are held against this server's
local KOREA, COUNTED = 9 * 3600, 40 * 86400

local function text(number) return string.format('%.17g', number) end
local function number(value) return tonumber(value or 0) or error('not a stored number') end

local function row(key)
  local found, flat = {}, redis.call('HGETALL', key)
  for at = 1, #flat, 2 do found[flat[at]] = flat[at + 1] end
  if next(found) and found.v ~= VERSION then error('unknown version') end
  return found
end

local function version(key)
  local found = redis.call('HGET', key, 'v')
  if found and found ~= VERSION then error('unknown version') end
end

local function skew() return tonumber(redis.call('HGET', BASE .. 'clock', 'skew') or ARGV[3]) end
local function today() return EPOCH + math.floor((NOW + skew() + KOREA) / 86400) end
local function pair_key(pair) return BASE .. 'pair:' .. pair end
local function day_key(pair, day) return BASE .. 'day:' .. pair .. ':' .. day end
local function days_key(pair) return BASE .. 'days:' .. pair end

-- bodies: a hash a day; `n` of them; m:i what is known of the i-th, f:i its figures, p:… a roster, o the order of codes

local function meta(line)
  local v, first, last, standing, of, content, sha256, roster, notes =
    string.match(line or '', '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) ?(.*)$')
  if v ~= VERSION then error('unknown version') end
  return { first = first, last = last, standing = standing, of = of, content = content, sha256 = sha256,
           roster = roster, notes = notes }
end

local function line(m)
  return table.concat({ VERSION, m.first, m.last, m.standing, m.of, m.content, m.sha256, m.roster, m.notes }, ' ')
end

local function size(key)
  version(key)
  return number(redis.call('HGET', key, 'n'))
end

local function whole(key, at, known)
  local found = known or redis.call('HGET', key, 'm:' .. at)
  local parts = redis.call('HMGET', key, 'p:' .. meta(found).roster, 'f:' .. at)
  return { found, parts[1] or '', parts[2] or '' }
end

-- the last body of a day that `wanted` takes, or false
local function last(key, count, wanted)
  for at = count, 1, -1 do
    local found = redis.call('HGET', key, 'm:' .. at)
    if wanted(meta(found)) then return whole(key, at, found) end
  end
  return false
end

-- the body of a day that `wanted` takes and that was first seen last, or false
local function latest_first(key, wanted)
  local count, best, best_first, best_line = size(key), nil, nil, nil
  for from = 1, count, 500 do
    local names = {}
    for at = from, math.min(count, from + 499) do names[#names + 1] = 'm:' .. at end
    for offset, found in ipairs(redis.call('HMGET', key, unpack(names))) do
      local m = meta(found)
      local first = tonumber(m.first)
      if wanted(m, first) and (not best or first >= best_first) then
        best, best_first, best_line = from + offset - 1, first, found
      end
    end
  end
  return best and whole(key, best, best_line) or false
end

local function prune(pair, before, most)
  local removed, gone = 0, {}
  for _, day in ipairs(redis.call('ZRANGEBYSCORE', days_key(pair), '-inf', '(' .. before)) do
    removed = removed + number(redis.call('HGET', day_key(pair, day), 'n'))
    redis.call('UNLINK', day_key(pair, day))
    redis.call('ZREM', days_key(pair), day)
    gone[#gone + 1] = day
    if #gone >= most then break end
  end
  return removed, #gone
end

local function add(key, at, m, roster, people, figures, codes)
  redis.call('HSET', key, 'v', VERSION, 'n', at, 'm:' .. at, line(m), 'f:' .. at, figures)
  redis.call('HSETNX', key, 'p:' .. roster, people)
  if codes ~= '' then
    local order = redis.call('HGET', key, 'o') or ''
    for code in string.gmatch(codes, '[^\n]+') do
      if not string.find('\n' .. order, '\n' .. code .. '\n', 1, true) then order = order .. code .. '\n' end
    end
    redis.call('HSET', key, 'o', order)
  end
end

local function keep(pair, day, m, people, figures, codes, keep_days)
  local key = day_key(pair, day)
  local count = size(key)
  if count > 0 then
    local before = meta(redis.call('HGET', key, 'm:' .. count))
    if before.content == m.content then
      if number(before.last) > number(m.last) then m.last = before.last end
      m.first, m.roster, m.notes = before.first, before.roster, before.notes
      redis.call('HSET', key, 'm:' .. count, line(m))
      return
    end
  end
  add(key, count + 1, m, m.roster, people, figures, codes)
  redis.call('ZADD', days_key(pair), day, day)
  if count == 0 and keep_days > 0 then prune(pair, day - keep_days, 1000) end
end

-- how long all rest; a rest longer than any that is ordered is none, as a lease longer than any is: the next answer ends it
local function rest(p)
  local from, till = number(p.rest_from), number(p.rest_until)
  if till - from >= 0 and till - from <= LONGEST_REST then return from, till end
  return 0, 0
end

local function kept(pair)
  local p, day = row(pair_key(pair)), today()
  local key = day_key(pair, day)
  local count = size(key)
  local of_today = p.day == tostring(day)
  local newest = count > 0 and whole(key, count) or false
  local good = false
  if newest and SHOWN[meta(newest[1]).standing] then good = 'same'
  elseif newest then good = last(key, count, function(m) return SHOWN[m.standing] end) end
  local _, rest_until = rest(p)
  local counts = redis.call('HMGET', BASE .. 'count:' .. ARGV[4] .. ':' .. day, 'data', 'token')
  return {
    of_today and p.fetched or '', of_today and p.empty or '', p.problem or '', p.failures or '0', text(rest_until),
    counts[1] or '0', counts[2] or '0', redis.call('HGET', BASE .. 'clock', 'skew') or '',
    redis.call('HGET', key, 'o') or '', newest, good,
  }
end

-- claims

local function look(p, holder, ttl, force, settings)
  if p.holder and p.holder ~= holder then
    local left = number(p.lease_until) - NOW
    if left > 0 and left <= LEASE + SLACK then return 'BUSY' end
  end
  local age = NOW - number(p.fetched)
  if age < 0 and age >= -SLACK then age = 0 end
  if p.day == tostring(today()) and age >= 0 and age < (force and JUST_NOW or ttl) then return 'FRESH' end
  local rest_from, rest_until = rest(p)
  local resting = rest_from - SLACK <= NOW and NOW < rest_until
  if resting and p.settings == settings and not force then return 'RESTING' end
  return nil
end

local function take(rate)
  local key = BASE .. 'bucket'
  version(key)
  local stored = redis.call('HMGET', key, 'level', 'at')
  local level, at, now = tonumber(stored[1]) or BURST, tonumber(stored[2]) or NOW, NOW
  if at ~= at then at = math.huge end  -- no number at all: as one of the future, which is put right below
  if at > now and at - now <= SLACK then now = at end
  level = math.min(BURST, math.max(0, level) + math.max(0, now - at) * rate)
  local wait = math.max(0, (1 - level) / rate)
  if wait == 0 or at > now then  -- a bucket of the future (the clock was set back) would never fill
    redis.call('HSET', key, 'v', VERSION, 'level', text(wait > 0 and level or level - 1), 'at', text(now))
  end
  return wait
end

local function release(key, holder)
  if redis.call('HGET', key, 'holder') == holder then redis.call('HDEL', key, 'holder') end
end

-- The numbers of grants grow, also past a loss of the data: where there is no number yet they go on from the time in
-- microseconds, which is more than was ever given before. As text: Lua would round so large a number.
local function grant()
  redis.call('SET', BASE .. 'fence', string.format('%.0f', NOW * 1e6), 'NX')
  redis.call('INCR', BASE .. 'fence')
  return redis.call('GET', BASE .. 'fence')
end

-- a number that these data have given, or none: one from before a loss would let nothing land any more
local function given(fence)
  return fence <= number(redis.call('GET', BASE .. 'fence')) and fence or 0
end

-- the number of the grant whose answer landed last
local function landed(p) return given(number(p.landed)) end

-- whether the holder's grant is older than that of what has landed meanwhile
local function overtaken(p, fence) return fence > 0 and fence < landed(p) end

local steps = {}

function steps.claim(pair, holder, ttl, force, settings, rate)
  local key = pair_key(pair)
  local verdict = look(row(key), holder, tonumber(ttl), force == '1', settings)
  if verdict then return { verdict, '0', '0' } end
  local wait = take(tonumber(rate))
  if wait > 0 then return { 'THROTTLED', text(wait), '0' } end
  local fence = grant()
  redis.call('HSET', key, 'v', VERSION, 'holder', holder, 'lease_until', text(NOW + LEASE))
  return { 'GRANTED', '0', fence }
end

function steps.renew(holder, ...)
  for _, pair in ipairs({ ... }) do
    local key = pair_key(pair)
    version(key)
    if redis.call('HGET', key, 'holder') == holder then redis.call('HSET', key, 'lease_until', text(NOW + LEASE)) end
  end
  return 1
end

function steps.land(pair, holder, fence, at, day, ahead, keep_days, empty, seen, standing, of, content, sha256,
                    roster, notes, people, figures, codes)
  local key, p = pair_key(pair), row(pair_key(pair))
  fence = given(tonumber(fence))
  local newest = number(p.fetched)
  local older = number(at) < newest and newest <= NOW + SLACK
  local stored = '0'
  if not older and not overtaken(p, fence) then
    if empty == '0' then
      local m = { first = seen, last = seen, standing = standing, of = of, content = content, sha256 = sha256,
                  roster = roster, notes = notes }
      keep(pair, tonumber(day), m, people, figures, codes, tonumber(keep_days))
      stored = '1'
    end
    redis.call('HSET', key, 'v', VERSION, 'fetched', at, 'day', day, 'empty', empty, 'failures', '0', 'rest_until', '0',
               'landed', text(math.max(landed(p), fence)))
    redis.call('HDEL', key, 'problem')
    version(BASE .. 'clock')
    redis.call('HSET', BASE .. 'clock', 'v', VERSION, 'skew', ahead)
  end
  release(key, holder)
  return { stored, tostring(today()), kept(pair) }
end

function steps.fail(pair, holder, fence, problem, rest, settings)
  local key, p = pair_key(pair), row(pair_key(pair))
  if not overtaken(p, given(tonumber(fence))) then
    redis.call('HSET', key, 'v', VERSION, 'problem', problem, 'failures', tostring(number(p.failures) + 1),
               'rest_from', text(NOW), 'rest_until', text(NOW + tonumber(rest)), 'settings', settings)
  end
  release(key, holder)
  return kept(pair)
end

function steps.kept(pair) return kept(pair) end

function steps.witnesses(pair, day)
  local earlier = false
  for _, before in ipairs(redis.call('ZREVRANGEBYSCORE', days_key(pair), '(' .. day, '-inf')) do
    local key = day_key(pair, before)
    local count = size(key)
    if count > 0 then earlier = whole(key, count) break end
  end
  local key = day_key(pair, day)
  return { earlier, last(key, size(key), function(m) return m.standing == 'previous' end) }
end

function steps.at(pair, day, moment)
  moment = tonumber(moment)
  return latest_first(day_key(pair, day), function(m, first) return SHOWN[m.standing] and first <= moment end)
end

function steps.differing(pair, day, moment, content)
  moment = tonumber(moment)
  return latest_first(day_key(pair, day), function(m, first)
    return m.standing == 'today' and first <= moment and m.content ~= content
  end)
end

function steps.take(rate) return text(take(tonumber(rate))) end

function steps.count(kind)
  local key = BASE .. 'count:' .. ARGV[4] .. ':' .. today()
  redis.call('HINCRBY', key, kind, 1)
  redis.call('EXPIRE', key, COUNTED)
  return 1
end

function steps.prune(pair, before, most)
  local removed, days = prune(pair, tonumber(before), tonumber(most))
  return { removed, days }
end

-- the token: sealed by whoever has the key; a lock that ends by itself; the last one who took it

local TOKEN, LOCK, HOLDER = BASE .. 'token', BASE .. 'token:lock', BASE .. 'token:holder'

local function token()
  local t = row(TOKEN)
  return t.key or '', t.sealed or '', t.written or '0', t.ends or '0'
end

function steps.token() return { token() } end

function steps.lock_token(nonce, milliseconds)
  if redis.call('EXISTS', LOCK) == 1 then return false end
  local holder = grant() .. ':' .. nonce
  redis.call('SET', LOCK, holder, 'PX', milliseconds)
  redis.call('SET', HOLDER, holder)
  return { holder, token() }
end

function steps.save_token(holder, key, sealed, ends)
  if redis.call('GET', HOLDER) ~= holder then return 0 end
  version(TOKEN)
  redis.call('HSET', TOKEN, 'v', VERSION, 'key', key, 'sealed', sealed, 'written', text(NOW), 'ends', ends)
  return 1
end

function steps.unlock_token(holder)
  if redis.call('GET', LOCK) == holder then redis.call('DEL', LOCK) end
  return 1
end

function steps.forget_token() return redis.call('DEL', TOKEN) end

local arguments = {}
for at = 5, #ARGV do arguments[#arguments + 1] = ARGV[at] end
return steps[STEP](unpack(arguments))
