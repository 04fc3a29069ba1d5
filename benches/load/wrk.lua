-- The measured query, sent again and again: `same`, with other `variables` or with another text
-- (`texts`) each time. Prints one line: requests, microseconds, answers that were no 200.

local fields = "{ nodes { number name status customer { name } totalIncVat { amount currency } " ..
  "bexio { documentNumber status received { amount } remaining { amount } } } }"

local count = 0
local mode = "same"
local start = 0

function init(args)
  mode = args[1] or "same"
  start = os.time() % 100000
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  if args[2] then wrk.headers["Accept-Encoding"] = args[2] end
  if mode == "same" then
    wrk.body = '{"query":"{ invoices(first: 100) ' .. fields .. ' }"}'
    same = wrk.format()
  end
end

function request()
  if mode == "same" then return same end
  count = count + 1
  local body
  if mode == "variables" then
    body = '{"query":"query Invoices($first: Int!, $from: Decimal) { invoices(first: $first, filter: ' ..
      '{ totalIncVat: { from: $from } }) ' .. fields .. ' }","variables":{"first":100,"from":"0.' ..
      string.format("%05d%08d", start, count) .. '"}}'
  else
    body = '{"query":"query Q' .. start .. 'x' .. count .. ' { invoices(first: 100) ' .. fields .. ' }"}'
  end
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(99)))
end
