#!/usr/bin/env bash
# Make .venv and install requirements/<name>.txt into it, with hashes: venv.sh base [test services …]
# Does nothing when the file and the Python are those of the last time (stamp beside the interpreter).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Two `make` at once, say with two data folders, build one environment after the other.
exec 8<Makefile
flock 8

if ! .venv/bin/python -c 'import sys; assert sys.version_info >= (3, 11)' 2>/dev/null; then
  python="$(lms/ops/python.sh)"
  echo "Creating .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
fi

# Without compiled modules every process would start seconds slower.
unset PYTHONDONTWRITEBYTECODE
for name in "$@"; do
  file="requirements/$name.txt"
  stamp=".venv/.installed-$name"
  now="$(sha256sum <"$file") $(.venv/bin/python --version)"
  if [ "$(cat "$stamp" 2>/dev/null || true)" != "$now" ]; then
    echo "Installing $file (a minute or two the first time)"
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r "$file" </dev/null
    echo "$now" >"$stamp"
  fi
done
