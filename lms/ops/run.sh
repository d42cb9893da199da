#!/usr/bin/env bash
# What `make run` does once packages and .venv are there: prepare the data folder, then stay as the supervisor of
# web, worker and beat. Ctrl-C or SIGTERM stops all three.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
unset PYTHONDONTWRITEBYTECODE

PORT="${PORT:-8000}"
case "$PORT" in *[!0-9]* | '') echo "PORT must be a number, not '$PORT'." >&2; exit 1 ;; esac
LMS_VAR="${LMS_VAR:-var}"
mkdir -p "$LMS_VAR/run" "$LMS_VAR/log"
LMS_VAR="$(cd "$LMS_VAR" && pwd)"
export PORT LMS_VAR LMS_HOME="$PWD" LMS_DEMO="${LMS_DEMO:-1}"
export DJANGO_SETTINGS_MODULE=lms.settings.embedded
export LMS_PUBLIC_URL="${LMS_PUBLIC_URL:-http://localhost:$PORT}"
export LMS_WEB_WORKERS="${LMS_WEB_WORKERS:-2}" LMS_TASK_WORKERS="${LMS_TASK_WORKERS:-1}"

# The lock lives as long as the supervisor, which inherits it; its children close it.
exec 3>"$LMS_VAR/run/lock"
if ! flock -n 3; then
  echo "The data folder $LMS_VAR is already in use by a running site. Another one: make run LMS_VAR=… PORT=…" >&2
  exit 1
fi
if (exec 4<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then
  echo "Port $PORT is taken by another program. Choose another one: make run PORT=$((PORT + 1))" >&2
  exit 1
fi

lms/ops/messages.sh
lms/ops/static.sh 3>&- &
static=$!
.venv/bin/python manage.py prepare 3>&- || { wait "$static" || true; exit 1; }
wait "$static"

answers() {
  local status
  { exec 5<>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || return 1
  printf 'GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&5
  read -r -t 10 _ status _ <&5 || status=0
  exec 5>&-
  [ "$status" = 200 ]
}

announce() {
  local waited=0
  until answers; do
    kill -0 "$$" 2>/dev/null || exit 0
    sleep 0.3
    waited=$((waited + 1))
    [ "$waited" = 200 ] && echo "The site does not answer yet; the reason should be in $LMS_VAR/log/web.log"
  done
  cat <<TEXT

  The site is up:    http://localhost:$PORT/
  Sign in:           http://localhost:$PORT/accounts/login/
  Lessons (CMS):     http://localhost:$PORT/cms/
  Check a paper:     http://localhost:$PORT/verify/

TEXT
  if [ "$LMS_DEMO" = 1 ]; then
    cat <<TEXT
  Demo accounts, password demo-mattran
    hocvien      an officer of a commune, learning
    giangvien    a trainer, writes lessons and questions
    tinh         manager of Quảng Ninh
    trunguong    the central committee
    quantri      administrator

TEXT
  fi
  echo "  Data and logs: $LMS_VAR · stop with Ctrl-C"
}
announce 3>&- &

# Told that root is meant, the supervisor does not warn about it.
as_user=()
[ "$(id -u)" = 0 ] && as_user=(--user root)
exec .venv/bin/supervisord --configuration lms/ops/supervisord.conf "${as_user[@]}"
