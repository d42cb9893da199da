#!/usr/bin/env bash
# `make upgrade`: from the checkout that holds the new version, by root. The new release is made beside the old one
# while that one works on; then the site stands still for a backup, the migrations and the switch. If the new one does
# not answer, the old one comes back with the database of that backup.
set -euo pipefail
umask 022
# shellcheck source=lms/ops/server.sh
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

[ -n "$ROOT" ] || [ "$(id -u)" = 0 ] || die "cần quyền root. Hãy gõ: sudo make upgrade"
[ -e "$ENV_FILE" ] && [ -e "$CODE/current" ] || die "chưa cài đặt ở đây. Hãy dùng: make install"
alone
BACKUPS="$(stored LMS_BACKUPS)"
old="$(readlink -f "$CODE/current")"
[ "$SOURCE" != "$old" ] || die "hãy chạy từ thư mục mã nguồn mới, không phải từ $CODE/current."

[ -n "$ROOT" ] || "$SOURCE/lms/ops/system.sh" run services server 9>&- || die "không cài được gói hệ thống."
prepare_release
new="$RELEASE"

say "Tạm dừng hệ thống và sao lưu"
services stop
come_back() { # without a word of data touched: the old release again
  services start
  die "$1 Hệ thống chạy tiếp bản cũ."
}
archive="$(manage "$old" backup --verbosity 0 | tail -n 1)" || come_back "Sao lưu không thành, chưa thay đổi gì."
[ -s "$archive" ] || come_back "Sao lưu không thành, chưa thay đổi gì."
say "Bản sao lưu: $archive"
# What rollback.sh goes back to.
printf '%s\n%s\n' "$old" "$archive" >"$new/UPGRADED_FROM"

undo() {
  say "Quay lại bản cũ và cơ sở dữ liệu trước khi nâng cấp"
  trap - INT TERM
  services stop
  go_back "$old" "$archive" || die "$1 Không phục hồi được cơ sở dữ liệu. Bản sao lưu: $archive; xem mục Quay lui trong van-hanh.md."
  die "$1 Bản cũ đã chạy lại, dữ liệu như trước khi nâng cấp. Bản mới còn ở $new để xem lý do."
}
trap 'undo "Bị ngắt giữa chừng."' INT TERM
say "Cập nhật cơ sở dữ liệu"
manage "$new" prepare >/dev/null || undo "Cập nhật cơ sở dữ liệu không thành."
switch_to "$new"
write_units
services start
if can_start; then
  say "Chờ bản mới trả lời"
  ready || undo "Bản mới không trả lời trong ${LMS_WAIT:-90} giây."
fi
trap - INT TERM
forget_old_releases
say "Đã nâng cấp: $(cat "$new/RELEASE" 2>/dev/null || true) ($new). Muốn quay lui: make rollback"
for line in "${SKIPPED[@]}"; do echo "    - chưa làm: $line"; done
