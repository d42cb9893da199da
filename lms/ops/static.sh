#!/usr/bin/env bash
# Collect and compress the static files into $LMS_VAR/static; a second call costs nothing unless one has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
stamp="$LMS_VAR/static.stamp"
now="$({ cat .venv/.installed-base 2>/dev/null || true; find lms courses quizzes certificates media -path '*/static/*' -type f -printf '%p %s %T@\n' | sort; } | sha256sum)"
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$now" ] || [ ! -e "$LMS_VAR/static/staticfiles.json" ]; then
  .venv/bin/python manage.py collectstatic --noinput --clear -v 0
  echo "$now" >"$stamp"
fi
