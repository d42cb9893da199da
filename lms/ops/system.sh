#!/usr/bin/env bash
# Make sure that the system packages for what follows are there: system.sh run|test|services|server …
# As root or by `sudo -n` it installs what is missing; otherwise it prints the one line to type and exits 1.
# Prints nothing and takes a few milliseconds when nothing is missing.
set -euo pipefail

# Pango and HarfBuzz draw the certificates (libharfbuzz-subset0 makes embedding their fonts cheap), gettext compiles
# the translations, the fonts hold every Vietnamese letter (Tinos, in fonts-croscore, with the metrics of Times New Roman).
run_packages="ca-certificates libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-liberation fonts-croscore gettext"
test_packages="tesseract-ocr tesseract-ocr-vie poppler-utils libreoffice-writer-nogui"
services_packages="postgresql redis-server"
server_packages="nginx openssl curl"

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
wanted=""
for set in "$@"; do
  case "$set" in
    run)
      wanted+=" $run_packages"
      "$here/python.sh" >/dev/null 2>&1 || wanted+=" python3 python3-venv"
      ;;
    test)
      wanted+=" $test_packages"
      # Ubuntu's chromium is a snap, which a container cannot install: there Playwright fetches one (.ci/prepare).
      grep -qs '^ID=ubuntu' /etc/os-release || "$here/chromium.sh" >/dev/null 2>&1 || wanted+=" chromium"
      ;;
    services) wanted+=" $services_packages" ;;
    server) wanted+=" $server_packages" ;;
    *) echo "system.sh: unknown set '$set' (run, test, services, server)" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "This is neither Debian nor Ubuntu: please see to it yourself that these are installed:$wanted" >&2
  exit 0
fi

missing=""
for package in $wanted; do
  state="$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)"
  [ "$state" = installed ] || missing+=" $package"
done
[ -z "$missing" ] && exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "Some system packages are missing. Please type this line, then run make again:" >&2
  echo "  sudo apt-get update && sudo $install" >&2
  exit 1
fi

echo "Installing system packages:$missing"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# Installing PostgreSQL or Redis must not start a server of its own: the tests start private ones.
if ! { $as_root apt-get -q -o DPkg::Lock::Timeout=300 update &&
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -q -o DPkg::Lock::Timeout=300 \
    install -y --no-install-recommends $missing; } </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "The system packages could not be installed. This is the line that failed: $install" >&2
  exit 1
fi
