#!/usr/bin/env bash
# `make install`: the site on one server of Debian 12/13 or Ubuntu 24.04, by root. Safe to repeat: secrets and data
# stay. Every question can be answered by the environment; lms/docs/van-hanh.md is the page for whoever runs it.
set -euo pipefail
umask 022
# shellcheck source=lms/ops/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

random() { openssl rand -hex "$1"; }

ask() { # NAME question [default]: asked only on a terminal, and only what is not known yet
  local known="${!1:-}"
  [ -n "$known" ] || known="$(stored "$1")"
  if [ -z "$known" ] && [ -t 0 ]; then read -r -p "$2${3:+ [$3]}: " known </dev/tty; fi
  printf -v "$1" '%s' "${known:-${3:-}}"
}

check_machine() {
  [ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || die "cần quyền root. Hãy gõ: sudo make install"
  local system
  system="$(. /etc/os-release 2>/dev/null && echo "$ID $VERSION_ID")" || system="không rõ"
  case "$system" in
    "debian 12" | "debian 13" | "ubuntu 24.04") ;;
    *) [ "${LMS_ANY_SYSTEM:-0}" = 1 ] ||
      die "chỉ hỗ trợ Debian 12, Debian 13 và Ubuntu 24.04; máy này là $system. Vẫn muốn thử: LMS_ANY_SYSTEM=1 make install" ;;
  esac
}

packages() {
  if [ -n "$ROOT" ]; then
    skip "cài gói hệ thống (apt-get)"
    return
  fi
  local had_redis
  had_redis="$(command -v redis-server || true)"
  "$SOURCE/lms/ops/system.sh" run services server 9>&- || die "không cài được gói hệ thống."
  if has_systemd; then
    # We run a Redis of our own; the packaged one only if somebody used it before.
    [ -n "$had_redis" ] || systemctl disable --now redis-server.service >/dev/null 2>&1 || true
    systemctl enable --now postgresql.service >/dev/null 2>&1 || die "PostgreSQL không khởi động được: systemctl status postgresql"
  else
    service postgresql start >/dev/null 2>&1 9>&- || true
  fi
}

folders() {
  if [ -z "$ROOT" ]; then
    getent passwd "$SITE_USER" >/dev/null ||
      useradd --system --user-group --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$SITE_USER"
  else
    skip "tạo người dùng hệ thống lms (useradd) và đổi chủ sở hữu tệp"
  fi
  mkdir -p "$ETC/tls" "$DATA"
  chmod 755 "$ETC"
  chmod 750 "$DATA" && chmod 700 "$ETC/tls"
  [ -z "$SITE_USER" ] || chown "$SITE_USER:$SITE_USER" "$DATA"
}

settings() {
  if [ ! -e "$ENV_FILE" ]; then
    install -m 640 /dev/null "$ENV_FILE"
    [ -z "$SITE_USER" ] || chown "root:$SITE_USER" "$ENV_FILE"
    echo "# Cài đặt của hệ thống; ý nghĩa từng dòng: lms/docs/van-hanh.md. Sửa xong: systemctl restart lms.target" >"$ENV_FILE"
  fi
  ask LMS_HOST "Tên miền của hệ thống (ví dụ taphuan.mattran.thainguyen.gov.vn)"
  [ -n "$LMS_HOST" ] || die "chưa có tên miền. Hãy gõ: LMS_HOST=ten.mien make install"
  LMS_HOST="${LMS_HOST,,}"
  [[ "$LMS_HOST" =~ ^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$ ]] || die "LMS_HOST không phải tên miền hay địa chỉ IPv4: $LMS_HOST"
  local former cores
  former="$(stored LMS_HOST)"
  cores="$(nproc)"
  put DJANGO_SETTINGS_MODULE lms.settings.prod
  put LMS_DEMO 0
  keep LMS_HOST "$LMS_HOST"
  keep LMS_HTTP_PORT 80
  keep LMS_HTTPS_PORT 443
  keep LMS_PORT 8001
  local port
  for port in LMS_HTTP_PORT LMS_HTTPS_PORT LMS_PORT; do
    [[ "$(stored "$port")" =~ ^[0-9]+$ ]] || die "$port phải là một số."
  done
  local url="https://$LMS_HOST"
  [ "$(stored LMS_HTTPS_PORT)" = 443 ] || url+=":$(stored LMS_HTTPS_PORT)"
  if [ "$former" != "$LMS_HOST" ] || [ -z "$(stored LMS_PUBLIC_URL)" ] || [ -n "${LMS_PUBLIC_URL:-}" ]; then
    put LMS_HOSTS "${LMS_HOSTS:-$LMS_HOST}"
    put LMS_PUBLIC_URL "${LMS_PUBLIC_URL:-$url}"
  fi
  put LMS_PROXIES 1
  put LMS_VAR "$DATA"
  put LMS_STATIC "$CODE/current/static"
  keep LMS_BACKUPS "$BACKUPS"
  # It may lie on another disk; the nightly unit is told where it may write.
  BACKUPS="$(stored LMS_BACKUPS)"
  [ -d "$BACKUPS" ] || install -d -m 700 ${SITE_USER:+-o "$SITE_USER" -g "$SITE_USER"} "$BACKUPS"
  keep LMS_KEEP_DAYS 14
  keep LMS_KEEP_WEEKS 8
  keep LMS_WEB_WORKERS "$((cores > 4 ? 5 : cores + 1))"
  keep LMS_TASK_WORKERS "$((cores > 2 ? 2 : 1))"
  keep LMS_REDIS_PORT 6399
  keep_secret LMS_REDIS_PASSWORD "$(random 24)"
  put REDIS_URL "redis://:$(stored LMS_REDIS_PASSWORD)@127.0.0.1:$(stored LMS_REDIS_PORT)/0"
  keep_secret LMS_SECRET_KEY "$(random 40)"
  local name
  for name in LMS_EMAIL_HOST LMS_EMAIL_PORT LMS_EMAIL_USER LMS_EMAIL_PASSWORD LMS_EMAIL_TLS LMS_EMAIL_FROM; do
    [ -z "${!name:-}" ] || put "$name" "${!name}"
  done
}

# A database given by LMS_DATABASE_URL is taken as it is; otherwise the role and its database are made here.
database() {
  if [ -n "${LMS_DATABASE_URL:-}" ]; then
    put DATABASE_URL "$LMS_DATABASE_URL"
    return
  fi
  local name password host said
  [ -n "$(stored LMS_DB_PASSWORD)" ] || [ -z "$(stored DATABASE_URL)" ] || return 0
  keep LMS_DB_NAME lms
  name="$(stored LMS_DB_NAME)"
  [[ "$name" =~ ^[a-z][a-z0-9_]{0,40}$ ]] || die "LMS_DB_NAME chỉ gồm chữ thường, số và dấu gạch dưới."
  keep_secret LMS_DB_PASSWORD "$(random 24)"
  password="$(stored LMS_DB_PASSWORD)"
  host=127.0.0.1
  if [ -n "${LMS_PG_SOCKET:-}" ]; then
    put PGHOST "$LMS_PG_SOCKET"
  fi
  [ -z "$(stored PGHOST)" ] || host=""
  if [ -n "${LMS_PG_PORT:-}" ]; then host+=":$LMS_PG_PORT"; fi
  put DATABASE_URL "postgres://$name:$password@$host/$name"
  say "Tạo tài khoản và cơ sở dữ liệu PostgreSQL: $name"
  # CREATEDB: a backup is rehearsed, and restored, in a database beside the site's own.
  said="$(administer 2>&1 <<SQL
SELECT 'CREATE ROLE $name LOGIN' WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '$name') \gexec
ALTER ROLE $name LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD '$password';
SELECT 'CREATE DATABASE $name OWNER $name TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C.UTF-8'' LC_CTYPE ''C.UTF-8'''
  WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = '$name') \gexec
REVOKE CONNECT ON DATABASE $name FROM PUBLIC;
SQL
  )" || die "PostgreSQL không tạo được cơ sở dữ liệu: $said"
}

administer() {
  local psql
  psql="$(command -v psql)" || die "chưa có psql (gói postgresql-client)."
  if [ -n "${LMS_PG_ADMIN:-}" ]; then
    "$psql" -X -q -v ON_ERROR_STOP=1 "$LMS_PG_ADMIN"
  else
    (cd / && runuser -u postgres -- "$psql" -X -q -v ON_ERROR_STOP=1 postgres)
  fi
}

certificate() {
  local cert key own="$ETC/tls/self-signed" name
  cert="${LMS_TLS_CERT:-$(stored LMS_TLS_CERT)}" key="${LMS_TLS_KEY:-$(stored LMS_TLS_KEY)}"
  name="DNS:$(stored LMS_HOST)"
  [[ "$(stored LMS_HOST)" =~ ^[0-9.]+$ ]] && name="IP:$(stored LMS_HOST)"
  if [ -n "$cert" ] && [ "$cert" != "$own.crt" ]; then
    cert="$(realpath -sm "$cert")" key="$(realpath -sm "$key")"
    [ -r "$cert" ] || die "LMS_TLS_CERT: không đọc được $cert."
    [ -r "$key" ] || die "LMS_TLS_KEY: không đọc được $key."
    [ "$(openssl x509 -in "$cert" -noout -pubkey 2>/dev/null)" = "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ] ||
      die "chứng thư $cert và khóa $key không phải một cặp."
    openssl x509 -in "$cert" -noout -checkend 0 >/dev/null || die "chứng thư $cert đã hết hạn."
    matches "$cert" || die "chứng thư $cert không cấp cho $(stored LMS_HOST)."
    put LMS_TLS_CERT "$cert"
    put LMS_TLS_KEY "$key"
    keep LMS_HSTS_SECONDS 31536000
    [ "$(stored LMS_HSTS_SECONDS)" != 0 ] || [ -n "${LMS_HSTS_SECONDS:-}" ] || put LMS_HSTS_SECONDS 31536000
    return
  fi
  if ! { [ -e "$own.crt" ] && matches "$own.crt" && openssl x509 -in "$own.crt" -noout -checkend 2592000 >/dev/null; }; then
    say "Tạo chứng thư tự ký cho $(stored LMS_HOST) (trình duyệt sẽ cảnh báo cho đến khi có chứng thư thật)"
    (umask 077 && openssl req -x509 -newkey rsa:2048 -sha256 -days 800 -nodes -subj "/CN=$(stored LMS_HOST)" \
      -addext "subjectAltName=$name" -keyout "$own.key" -out "$own.crt" 2>/dev/null) || die "openssl không tạo được chứng thư."
  fi
  put LMS_TLS_CERT "$own.crt"
  put LMS_TLS_KEY "$own.key"
  put LMS_HSTS_SECONDS 0
}

matches() {
  local how=-checkhost
  [[ "$(stored LMS_HOST)" =~ ^[0-9.]+$ ]] && how=-checkip
  openssl x509 -in "$1" -noout "$how" "$(stored LMS_HOST)" | grep -q 'does match'
}

# Redis must answer while data is loaded; where nothing starts it for us, we do, for as long as that takes.
redis_for_now() {
  fill "$SOURCE/lms/ops/redis.conf" "$ETC/redis.conf" 640
  [ -z "$SITE_USER" ] || chown "root:$SITE_USER" "$ETC/redis.conf"
  redis_answers && return
  if has_systemd; then
    systemctl daemon-reload
    systemctl start lms-redis.service
  else
    redis-server "$ETC/redis.conf" >/dev/null 2>&1 </dev/null 9>&- &
    redis=$!
    trap 'kill "$redis" 2>/dev/null || true' EXIT
  fi
  for _ in $(seq 50); do redis_answers && return; sleep 0.2; done
  die "Redis không trả lời ở cổng $(stored LMS_REDIS_PORT). Cổng bị chiếm? Chọn cổng khác: LMS_REDIS_PORT=…"
}
redis_answers() {
  REDISCLI_AUTH="$(stored LMS_REDIS_PASSWORD)" redis-cli -p "$(stored LMS_REDIS_PORT)" ping 2>/dev/null | grep -q PONG
}

content() {
  if [ -e "$CODE/current" ]; then
    # Run again over a working site: what follows may change its database.
    say "Sao lưu trước khi cài lại"
    manage "$CODE/current" backup || die "sao lưu không thành, chưa thay đổi gì."
  fi
  say "Chuẩn bị cơ sở dữ liệu (lần đầu khoảng một phút)"
  manage "$RELEASE" prepare >/dev/null || die "không chuẩn bị được cơ sở dữ liệu."
  if [ "${LMS_EMPTY:-0}" = 1 ]; then
    skip "nạp danh mục đơn vị, khóa học và tạo quản trị viên (LMS_EMPTY=1: chờ phục hồi từ bản sao lưu)"
    return
  fi
  # Loaded once: afterwards trainers and managers own it.
  local units courses
  read -r units courses administrators < <(manage "$RELEASE" shell --no-imports --command \
    'from courses.models import Course; from lms.accounts.models import User; from lms.units.models import Unit
print(Unit.objects.exists(), Course.objects.exists(), User.objects.filter(is_superuser=True, is_active=True).exists())' |
    tail -n 1) || die "không đọc được cơ sở dữ liệu."
  if [ "$units" = False ]; then
    say "Nạp danh mục đơn vị toàn quốc"
    manage "$RELEASE" import_units -v 0 || die "không nạp được danh mục đơn vị."
  fi
  if [ "$courses" = False ]; then
    say "Nạp khóa học"
    manage "$RELEASE" load_course courses/content/trang-cong-dong >/dev/null || die "không nạp được khóa học."
    manage "$RELEASE" shell --no-imports --command \
      'from lms.home.services.guides import ensure_guides; ensure_guides()' || die "không nạp được trang hướng dẫn."
  fi
}

administrator() {
  [ "${administrators:-}" = False ] || return 0
  ask LMS_ADMIN_USERNAME "Tên đăng nhập của quản trị viên đầu tiên" quantri
  ask LMS_ADMIN_NAME "Họ và tên quản trị viên" "Quản trị hệ thống"
  if [ -z "${LMS_ADMIN_PASSWORD:-}" ] && [ -t 0 ]; then
    read -r -s -p "Mật khẩu (ít nhất 10 ký tự; để trống thì được cấp mã dùng một lần): " LMS_ADMIN_PASSWORD </dev/tty
    echo
  fi
  site_administrator || die "chưa tạo được quản trị viên; sửa rồi chạy lại make install, dữ liệu đã nạp vẫn còn."
}

# In the environment, not on the command line, where everybody on the machine could read it.
site_administrator() {
  [ "${administrators:-}" = False ] || return 0
  (
    cd "$RELEASE"
    username="$LMS_ADMIN_USERNAME" name="$LMS_ADMIN_NAME" password="${LMS_ADMIN_PASSWORD:-}"
    unset "${!PG@}" "${!LMS_@}" DATABASE_URL REDIS_URL PYTHONDONTWRITEBYTECODE
    set -a
    # shellcheck disable=SC1090
    . "$ENV_FILE"
    LMS_ADMIN_USERNAME="$username" LMS_ADMIN_NAME="$name" LMS_ADMIN_PASSWORD="$password" HOME="$DATA"
    set +a
    as_site=()
    [ -z "$SITE_USER" ] || as_site=(runuser -u "$SITE_USER" --)
    exec "${as_site[@]}" .venv/bin/python manage.py administrator
  ) </dev/null 9>&-
}

web_server() {
  mkdir -p "$NGINX/sites-available" "$NGINX/sites-enabled"
  fill "$SOURCE/lms/ops/nginx.conf" "$NGINX/sites-available/lms.conf" 644
  ln -sfn ../sites-available/lms.conf "$NGINX/sites-enabled/lms.conf"
  if [ -n "$ROOT" ]; then
    skip "kiểm tra và nạp lại nginx"
    return
  fi
  local said
  said="$(nginx -t 2>&1)" || die "nginx không chấp nhận cấu hình: $said"
  if has_systemd; then
    systemctl enable --now nginx.service >/dev/null 2>&1 || true
    systemctl reload-or-restart nginx.service || die "nginx không khởi động được: systemctl status nginx"
  else
    nginx -s reload 2>/dev/null || nginx 9>&- || die "nginx không khởi động được."
  fi
}

start() {
  if has_systemd; then
    systemctl daemon-reload
    systemctl enable lms.target lms-backup.timer >/dev/null 2>&1
    systemctl restart lms.target lms-redis.service lms-web.service lms-worker.service lms-beat.service
    systemctl start lms-backup.timer
  else
    # Run again, the processes of the time before still hold their port.
    services stop
    services start
  fi
  if can_start; then
    say "Chờ hệ thống trả lời"
    ready || die "hệ thống chưa trả lời. Xem lý do: journalctl -u lms-web -n 50"
  fi
}

check_machine
alone
packages
folders
settings
certificate
database
write_units
prepare_release
redis_for_now
content
administrator
[ -z "${redis:-}" ] || { kill "$redis" 2>/dev/null; wait "$redis" 2>/dev/null || true; }
switch_to "$RELEASE"
web_server
start
forget_old_releases

echo
echo "  Hệ thống:         $(stored LMS_PUBLIC_URL)/"
echo "  Đăng nhập:        $(stored LMS_PUBLIC_URL)/accounts/login/"
echo "  Cài đặt:          $ENV_FILE"
echo "  Dữ liệu:          $DATA"
echo "  Bản sao lưu:      $(stored LMS_BACKUPS), mỗi đêm 02:15"
echo "  Lệnh quản trị:    lms backup · lms restore · lms administrator --recover TÊN"
if [ "${#SKIPPED[@]}" -gt 0 ]; then
  echo
  echo "  Chưa làm (gốc thử nghiệm hoặc máy không có systemd):"
  printf '    - %s\n' "${SKIPPED[@]}"
fi
