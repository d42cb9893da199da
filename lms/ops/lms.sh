#!/usr/bin/env bash
# The site's own commands on an installed server, as its user and with its settings: lms backup, lms administrator …
set -euo pipefail
if ! [ -r "@ETC@/lms.env" ]; then
  echo "Cần quyền quản trị máy chủ: sudo lms $*" >&2
  exit 1
fi
unset "${!PG@}" "${!LMS_@}" DATABASE_URL REDIS_URL DJANGO_SETTINGS_MODULE PYTHONDONTWRITEBYTECODE
set -a
# shellcheck disable=SC1091
. "@ETC@/lms.env"
set +a
export HOME="@DATA@"
as_site=()
if [ "@USER@" ] && [ "$(id -u)" = 0 ]; then as_site=(runuser -u "@USER@" --); fi
exec "${as_site[@]}" "@CODE@/current/.venv/bin/python" "@CODE@/current/manage.py" "$@"
