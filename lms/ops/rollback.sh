#!/usr/bin/env bash
# `make rollback`: back to the release before the last upgrade, with the database of the backup made then. What was
# entered since is saved in a backup first, but no longer in the site: a terminal is asked, otherwise LMS_YES=1.
set -euo pipefail
umask 022
# shellcheck source=lms/ops/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

[ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || die "cần quyền root. Hãy gõ: sudo make rollback"
[ -e "$CODE/current" ] || die "chưa cài đặt ở đây."
alone
BACKUPS="$(stored LMS_BACKUPS)"
now="$(readlink -f "$CODE/current")"
[ -e "$now/UPGRADED_FROM" ] || die "bản đang chạy không đến từ một lần nâng cấp: không có gì để quay lui."
{ read -r old && read -r archive; } <"$now/UPGRADED_FROM"
[ -x "$old/.venv/bin/python" ] || die "bản cũ $old không còn."
[ -e "$archive" ] || die "bản sao lưu $archive không còn."

echo "Quay lại $old với cơ sở dữ liệu của ${archive##*/}."
echo "Những gì nhập sau lần nâng cấp đó sẽ không còn trong hệ thống (vẫn nằm trong một bản sao lưu mới)."
if [ "${LMS_YES:-0}" != 1 ]; then
  [ -t 0 ] || die "cần xác nhận: LMS_YES=1 make rollback"
  read -r -p "Gõ CO để tiếp tục: " answer </dev/tty
  [ "$answer" = CO ] || die "đã dừng, chưa thay đổi gì."
fi
services stop
say "Sao lưu hiện trạng"
if ! kept="$(manage "$now" backup --verbosity 0 | tail -n 1)"; then
  services start
  die "sao lưu không thành, chưa thay đổi gì; hệ thống chạy tiếp."
fi
say "Hiện trạng ở $kept"
go_back "$old" "$archive" || die "không quay lui được. Dữ liệu trước khi quay lui: $kept"
say "Đã quay lại $old."
