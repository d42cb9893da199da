#!/usr/bin/env bash
# Compile the translations whose .po is newer than its .mo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find lms/locale -name '*.po' | while read -r po; do
  mo="${po%.po}.mo"
  if [ ! -e "$mo" ] || [ "$po" -nt "$mo" ]; then
    msgfmt --check-format -o "$mo.$$" "$po"
    mv -f "$mo.$$" "$mo"
  fi
done
