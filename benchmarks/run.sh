#!/usr/bin/env bash
# The figures of docs/benchmarks.md, measured anew: about eight minutes the first time, four afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || { echo "run 'make setup' first"; exit 1; }
command -v wrk >/dev/null || { echo "benchmarks need the load generator wrk: apt-get install -y wrk"; exit 1; }
printf '%s · %s × %s · %s\n\n' "$(date -u +%F)" "$(nproc)" "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(.venv/bin/python -V)"
exec .venv/bin/python -m benchmarks "$@"
