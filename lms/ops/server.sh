# What install.sh, upgrade.sh and rollback.sh share: where things lie on a server, and the steps that two of them take.
# Sourced, not run. Everything below LMS_ROOT, if that is set: a throw-away root, in which nothing of the machine
# itself is touched (no packages, no system user, no systemd, no chown).
# shellcheck shell=bash

ROOT="${LMS_ROOT:-}"
if [ -n "$ROOT" ]; then
  mkdir -p "$ROOT"
  ROOT="$(cd "$ROOT" && pwd)"
fi
SOURCE="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
CODE="$ROOT/opt/lms" ETC="$ROOT/etc/lms" DATA="$ROOT/var/lib/lms" BACKUPS="$ROOT/var/backups/lms"
UNITS="$ROOT/etc/systemd/system" NGINX="$ROOT/etc/nginx" BIN="$ROOT/usr/local/bin"
ENV_FILE="$ETC/lms.env"
SITE_USER=lms
[ -z "$ROOT" ] || SITE_USER=""
SKIPPED=()

say() { echo "• $*"; }
die() {
  echo "LỖI: $*" >&2
  exit 1
}
skip() { SKIPPED+=("$*"); }
has_systemd() { [ -z "$ROOT" ] && [ -d /run/systemd/system ]; }

# Only one of the three at a time.
alone() {
  mkdir -p "$CODE/releases" "$CODE/venvs"
  exec 9>"$CODE/.lock"
  flock -n 9 || die "một lần cài đặt, nâng cấp hoặc quay lui khác đang chạy."
}

# --- Settings: /etc/lms/lms.env, NAME=value, read by systemd and by the shell -------------------------------------

stored() {
  [ -e "$ENV_FILE" ] || return 0
  sed -n "s/^$1=//p" "$ENV_FILE" | tail -n 1 | sed 's/^"\(.*\)"$/\1/'
}

# put NAME VALUE: replaces the line or adds one; the others stay as somebody wrote them.
put() {
  case "$2" in *[\"\$\`\\]* | *$'\n'*) die "$1: giá trị không được chứa dấu nháy kép, \$, \` hoặc \\." ;; esac
  local line="$1=$2" draft="$ENV_FILE.new"
  case "$2" in *[!A-Za-z0-9_./:@,+=%-]*) line="$1=\"$2\"" ;; esac
  (umask 077 && NAME="$1" LINE="$line" awk -F= '
    $1 == ENVIRON["NAME"] { if (!done) print ENVIRON["LINE"]; done = 1; next }
    { print }
    END { if (!done) print ENVIRON["LINE"] }' "$ENV_FILE" >"$draft")
  chmod 640 "$draft"
  [ -z "$SITE_USER" ] || chown "root:$SITE_USER" "$draft"
  mv -f "$draft" "$ENV_FILE"
}

# keep NAME DEFAULT: what the caller's environment says, else what is written already, else the default.
keep() {
  local given="${!1:-}"
  [ -n "$given" ] || given="$(stored "$1")"
  put "$1" "${given:-$2}"
}

# keep_secret NAME VALUE: written once and never changed by us.
keep_secret() { [ -n "$(stored "$1")" ] || put "$1" "$2"; }

# --- Programs as the site -----------------------------------------------------------------------------------------

# site FOLDER program …: in FOLDER, with the settings of the installation, as its user.
site() {
  local folder="$1"
  shift
  (
    cd "$folder"
    static="${SITE_STATIC:-}"
    unset "${!PG@}" "${!LMS_@}" DATABASE_URL REDIS_URL DJANGO_SETTINGS_MODULE PYTHONDONTWRITEBYTECODE
    set -a
    # shellcheck disable=SC1090
    . "$ENV_FILE"
    [ -z "$static" ] || LMS_STATIC="$static"
    HOME="$DATA"
    set +a
    if [ -n "$SITE_USER" ] && [ "$(id -u)" = 0 ]; then
      exec runuser -u "$SITE_USER" -- "$@"
    fi
    exec "$@"
  ) 9>&- </dev/null
}

# services start|stop: by systemd, or by the program that LMS_SERVICES names, which is told the same word.
services() {
  if has_systemd; then
    if [ "$1" = stop ]; then
      systemctl stop lms-beat.service lms-worker.service lms-web.service
    else
      systemctl daemon-reload
      systemctl start lms-redis.service lms-web.service lms-worker.service lms-beat.service
    fi
  elif [ -n "${LMS_SERVICES:-}" ]; then
    "$LMS_SERVICES" "$1" 9>&-
  else
    skip "systemctl $1 (không có systemd ở đây)"
    return 0
  fi
}
can_start() { has_systemd || [ -n "${LMS_SERVICES:-}" ]; }

# Waits until /readyz says so, LMS_WAIT seconds at most.
ready() {
  local until=$((SECONDS + ${LMS_WAIT:-90}))
  while [ "$SECONDS" -lt "$until" ]; do
    curl -fsS --noproxy '*' --max-time 10 -o /dev/null -H "Host: $(stored LMS_HOST)" \
      "http://127.0.0.1:$(stored LMS_PORT)/readyz" 2>/dev/null && return 0
    sleep 1
  done
  return 1
}

# --- Releases -----------------------------------------------------------------------------------------------------

# A folder of its own for each version, its .venv a link to the environment for its lock files. Sets RELEASE.
# Touches neither data nor `current`.
prepare_release() {
  RELEASE="$CODE/releases/$(date +%Y%m%d-%H%M%S)"
  [ ! -e "$RELEASE" ] || RELEASE+="-$$"
  say "Chép mã nguồn vào $RELEASE"
  mkdir -p "$RELEASE"
  copy_source | tar -C "$RELEASE" -x --no-same-owner -f -
  git -c safe.directory='*' -C "$SOURCE" rev-parse --short=12 HEAD >"$RELEASE/RELEASE" 2>/dev/null ||
    cat "$SOURCE/RELEASE" >"$RELEASE/RELEASE" 2>/dev/null || echo "" >"$RELEASE/RELEASE"
  # A checkout may be closed to others; what runs as the site's user must be able to read its release.
  chmod -R a+rX "$RELEASE"
  environment
  (cd "$RELEASE" && lms/ops/messages.sh && .venv/bin/python -m compileall -q lms courses quizzes certificates media) ||
    die "không biên dịch được bản mới."
  collect_static
  chmod -R a+rX "$RELEASE"
}

# Compressing them is the longest part: a release with the very same sources and packages lends its own.
collect_static() {
  local stamp lender said
  stamp="$({
    cat "$RELEASE"/requirements/*.txt
    cd "$RELEASE" && find lms courses quizzes certificates media -path '*/static/*' -type f -exec sha256sum {} + | sort -k 2
  } | sha256sum)"
  for lender in "$CODE"/releases/*/; do
    if [ "$(cat "$lender/static.stamp" 2>/dev/null || true)" = "$stamp" ]; then
      cp -a "$lender/static" "$RELEASE/static"
      cp -a "$lender/static.stamp" "$RELEASE/static.stamp"
      return
    fi
  done
  say "Thu thập và nén tệp tĩnh"
  mkdir "$RELEASE/static"
  [ -z "$SITE_USER" ] || chown "$SITE_USER:" "$RELEASE/static"
  said="$(SITE_STATIC="$RELEASE/static" site "$RELEASE" .venv/bin/python manage.py collectstatic --noinput -v 0 2>&1)" ||
    die "không thu thập được tệp tĩnh: $(tail -n 1 <<<"$said")"
  [ -z "$SITE_USER" ] || chown -R root: "$RELEASE/static"
  echo "$stamp" >"$RELEASE/static.stamp"
}

# manage FOLDER command …: of manage.py; when it fails, its reason in one line and where the whole of it stands.
manage() {
  local log="$CODE/last-error.log" folder="$1"
  shift
  if ! site "$folder" .venv/bin/python manage.py "$@" 2>"$log"; then
    echo "  $(grep -v '^[[:space:]]*$' "$log" | tail -n 1)  (đầy đủ: $log)" >&2
    return 1
  fi
}

# Of a checkout what git knows or would add; of an unpacked archive everything but what is made.
copy_source() {
  cd "$SOURCE"
  if git -c safe.directory='*' rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git -c safe.directory='*' ls-files -z --cached --others --exclude-standard -- . ':!tests' ':!.ci' ':!.venv' |
      while IFS= read -r -d '' path; do [ ! -e "$path" ] || printf '%s\0' "$path"; done |
      tar -c --null --no-recursion --files-from=- -f -
  else
    tar -c --exclude=./.venv --exclude=./var --exclude=./tests --exclude=./.ci --exclude=./static \
      --exclude='__pycache__' --exclude='*.mo' --exclude='./.*_cache' -f - .
  fi
}

# One environment for each pair of lock files and Python: most upgrades change neither, and the way back has its own.
environment() {
  if [ -n "${LMS_VENV:-}" ]; then
    [ -x "$LMS_VENV/bin/python" ] || die "LMS_VENV: không có $LMS_VENV/bin/python."
    ln -sT "$LMS_VENV" "$RELEASE/.venv"
    return
  fi
  local python key folder said
  python="$("$RELEASE/lms/ops/python.sh")" || die "không tìm thấy Python 3.11 trở lên."
  key="$({ cat "$RELEASE/requirements/base.txt" "$RELEASE/requirements/services.txt"; "$python" -VV; } | sha256sum | cut -c 1-12)"
  folder="$CODE/venvs/$key"
  if [ ! -e "$folder/.complete" ]; then
    say "Cài các gói Python (vài phút, cần mạng)"
    rm -rf "$folder"
    "$python" -m venv "$folder"
    for name in base services; do
      said="$("$folder/bin/python" -m pip install --no-input --disable-pip-version-check --require-hashes \
        -r "$RELEASE/requirements/$name.txt" </dev/null 2>&1)" ||
        die "không cài được các gói Python (requirements/$name.txt): $(tail -n 3 <<<"$said")"
    done
    touch "$folder/.complete"
  fi
  ln -sT "$folder" "$RELEASE/.venv"
}

# The link changes in one step: there is never a moment without a `current`.
switch_to() {
  ln -sfT "$1" "$CODE/.current.new"
  mv -T "$CODE/.current.new" "$CODE/current"
}

# Releases beyond the newest five go, with the environments that none of the rest uses; never the one in use.
forget_old_releases() {
  local now release venv
  now="$(readlink -f "$CODE/current")"
  for release in $(ls -1d "$CODE"/releases/*/ | sort -r | tail -n +6); do
    [ "$(readlink -f "$release")" = "$now" ] || rm -rf "$release"
  done
  for venv in "$CODE"/venvs/*/; do
    [ -d "$venv" ] || continue
    readlink -f "$CODE"/releases/*/.venv | grep -qxF "$(readlink -f "$venv")" || rm -rf "$venv"
  done
}

# --- Files that systemd, Redis and nginx read ---------------------------------------------------------------------

# fill TEMPLATE TARGET MODE: every @WORD@ becomes what it is here.
fill() {
  local ipv6='' http2=' http2' draft="$2.new"
  [ -e /proc/net/if_inet6 ] || ipv6='# '
  # Redis and nginx lie in /usr/sbin or /usr/bin, by distribution.
  PATH="$PATH:/usr/sbin:/usr/local/sbin"
  (
    umask 077
    sed -e "/^@HARDENING@\$/{r $SOURCE/lms/ops/systemd/hardening.conf
d}" "$1" | sed \
      -e "s|@CODE@|$CODE|g" -e "s|@ETC@|$ETC|g" -e "s|@DATA@|$DATA|g" -e "s|@BACKUPS@|$BACKUPS|g" \
      -e "s|@USER@|$SITE_USER|g" -e "s|@HOST@|$(stored LMS_HOST)|g" -e "s|@PORT@|$(stored LMS_PORT)|g" \
      -e "s|@HTTP_PORT@|$(stored LMS_HTTP_PORT)|g" -e "s|@HTTPS_PORT@|$(stored LMS_HTTPS_PORT)|g" \
      -e "s|@PUBLIC_URL@|$(stored LMS_PUBLIC_URL)|g" -e "s|@CERT@|$(stored LMS_TLS_CERT)|g" \
      -e "s|@KEY@|$(stored LMS_TLS_KEY)|g" -e "s|@IPV6@|$ipv6|g" -e "s|@HTTP2@|$http2|g" \
      -e "s|@REDIS_PORT@|$(stored LMS_REDIS_PORT)|g" -e "s|@REDIS_PASSWORD@|$(stored LMS_REDIS_PASSWORD)|g" \
      -e "s|@REDIS@|$(command -v redis-server || echo /usr/bin/redis-server)|g" >"$draft"
  )
  chmod "$3" "$draft"
  mv -f "$draft" "$2"
}

write_units() {
  local unit
  mkdir -p "$UNITS" "$BIN"
  for unit in "$SOURCE"/lms/ops/systemd/lms*; do fill "$unit" "$UNITS/${unit##*/}" 644; done
  fill "$SOURCE/lms/ops/lms.sh" "$BIN/lms" 755
}

# go_back RELEASE ARCHIVE: that release again, with the database of that archive. Files stay: they are only ever added,
# and a certificate issued meanwhile harms nobody. The processes must stand still; they are started again.
go_back() {
  manage "$1" restore "$2" --force --only-database || return 1
  switch_to "$1"
  SOURCE="$1" write_units
  services start
  ! can_start || ready
}
