#!/bin/bash
# run.sh [--write]: asks the cron library of the field again and compares with (or rewrites)
# tests/data/cron/cases.json. Exit 77 when Go is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$here/../../data/cron

if ! command -v go >/dev/null; then
	echo "peer cron: NOT CHECKED, Go is not installed"
	exit 77
fi
answers=$(mktemp)
trap 'rm -f "$answers"' EXIT
cd "$here"
ZONEINFO=$(cd "$data/zoneinfo" && pwd) go run . >"$answers"
if [ "${1:-}" = --write ]; then
	cp "$answers" "$data/cases.json"
	echo "peer cron: wrote $(grep -c expr "$answers") cases"
elif cmp -s "$answers" "$data/cases.json"; then
	echo "peer cron: ok ($(grep -c expr "$answers") cases)"
else
	diff "$data/cases.json" "$answers" | head -20
	echo "peer cron: FAILED, the library answers otherwise" >&2
	exit 1
fi
