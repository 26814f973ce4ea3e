#!/usr/bin/env bash
# Brings a machine to the point where GridMap runs (`setup.sh demo`) or its tests run (`setup.sh test`).
# Each step looks first and does nothing where its result is already there, so a second run needs no network.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-test}
say() { printf '· %s\n' "$*"; }

# --- Debian packages -------------------------------------------------------------------------------------------------
missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null || missing+=(postgis-for-postgresql)
if [ "$purpose" = test ]; then
  command -v chromium >/dev/null || missing+=(chromium)
  { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh family | head -1)" ]; } || missing+=(fontconfig fonts-noto-cjk)
fi
command -v python3 >/dev/null || missing+=(python3)
python3 -c 'import ensurepip' 2>/dev/null || [ -x .venv/bin/pip ] || missing+=(python3-venv)
if [ ${#missing[@]} -gt 0 ]; then
  # The PostGIS package carries the number of the PostgreSQL that this Debian release ships.
  install='apt-get install -y --no-install-recommends'
  resolve() {
    for name in "${missing[@]}"; do
      if [ "$name" = postgis-for-postgresql ]; then
        apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | cut -d' ' -f1 | sort -V | tail -1
      else
        echo "$name"
      fi
    done
  }
  as_root=""
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="no"; fi
  fi
  if [ "$as_root" = no ] || ! command -v apt-get >/dev/null; then
    say "missing: ${missing[*]}. Ask somebody with root rights to run, then call this again:"
    printf "    apt-get update && %s %s\n" "$install" "$(resolve 2>/dev/null | tr '\n' ' ')"
    exit 1
  fi
  say "installing Debian packages: ${missing[*]}"
  # A cluster of Debian's own is not wanted: GridMap keeps its data in its own folder.
  $as_root mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  $as_root apt-get update -q
  # shellcheck disable=SC2046
  DEBIAN_FRONTEND=noninteractive $as_root $install $(resolve)
fi

# --- Python packages: exactly those of constraints.txt, checked by their hashes ----------------------------------------
stamp=".venv/.installed-$(cat constraints.txt pyproject.toml | sha256sum | cut -c1-16)"
if [ ! -e "$stamp" ]; then
  [ -x .venv/bin/python ] || { say "making .venv"; python3 -m venv .venv; }
  say "installing the Python packages of constraints.txt (one or two minutes)"
  .venv/bin/python -m pip install -qq --require-hashes -r constraints.txt
  .venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
  rm -f .venv/.installed-*
  touch "$stamp"
fi

# --- browser assets and translations -----------------------------------------------------------------------------------
.venv/bin/python web/build.py --if-changed
say "ready"
