-- Asks for the positions of a file, one after the other, as `wrk … -- FILE PATTERN`; prints what it counted as JSON.
local addresses, last = {}, 0

function init(arguments)
  local file, pattern = arguments[1], arguments[2]
  for lon, lat in io.open(file):read("*a"):gmatch("(%S+) (%S+)\n") do
    addresses[#addresses + 1] = wrk.format("GET", (pattern:gsub("{lon}", lon):gsub("{lat}", lat)))
  end
end

function request()
  last = last % #addresses + 1
  return addresses[last]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
