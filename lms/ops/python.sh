#!/usr/bin/env bash
# Print the first Python from 3.11 on that can build a virtual environment; exit 1 when there is none.
# A name on PATH proves little: pyenv's shims exist for versions that are switched off, and Debian's python3 comes
# without ensurepip until python3-venv is installed. So each candidate is asked.
set -euo pipefail
probe='
import sys
assert sys.version_info >= (3, 11)
import ensurepip, sqlite3, ssl, venv
print(sys.executable)
'
for name in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
  if found="$(command -v "$name" 2>/dev/null)" && "$found" -c "$probe" 2>/dev/null; then exit 0; fi
done
echo "No Python 3.11 or later with venv, ensurepip and sqlite3 was found." >&2
exit 1
