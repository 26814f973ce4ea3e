#!/usr/bin/env bash
# Style, types, layers, docstrings, translations: quiet when all is well.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
$bin/ruff check --quiet .
$bin/ruff format --quiet --check .
$bin/mypy --no-error-summary
$bin/lint-imports >/tmp/lint-imports.$$ 2>&1 || { cat /tmp/lint-imports.$$; rm -f /tmp/lint-imports.$$; exit 1; }
rm -f /tmp/lint-imports.$$
git ls-files '*.py' | grep -E '^(gridmap|geodata|web)/' | grep -v migrations/versions | xargs -r $bin/python -m numpydoc.hooks.validate_docstrings
$bin/python web/build.py --check
