#!/usr/bin/env bash
# Print the path of a Chromium that really starts (Ubuntu's chromium-browser may be a stub that asks for a snap).
set -euo pipefail
for name in "${LMS_CHROMIUM:-chromium}" chromium chromium-browser google-chrome \
  "$HOME"/.cache/ms-playwright/chromium-*/chrome-linux*/chrome; do
  if found="$(command -v "$name" 2>/dev/null)" && "$found" --version >/dev/null 2>&1; then
    echo "$found"
    exit 0
  fi
done
echo "No Chromium was found; set LMS_CHROMIUM to the path of one." >&2
exit 1
