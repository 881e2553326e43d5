#!/bin/bash
# words.sh [ROOT]: no note to self in any file of ours, no path of one machine where readers look.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"

mapfile -t files < <(git ls-files --cached --others --exclude-standard |
	grep -vE '^(LICENSE$|tests/data/|tests/fuzz/corpus/|tests/lint/(words|selftest)\.sh$)')
mapfile -t read_by_people < <(printf '%s\n' "${files[@]}" | grep -E '^(src|include|docs|README)' || true)
bad=0

# found PATTERN FILE...: prints what matches, true if anything does
found() {
	local pattern=$1
	shift
	[ $# -gt 0 ] && grep -nHIE -e "$pattern" -- "$@" 2>/dev/null
}

if found '\b(TODO|FIXME|XXX|HACK)\b' "${files[@]}"; then
	echo "a note to self: do it, or write it into an issue"
	bad=1
fi
if found '(^|[^[:alnum:]_.])/(work|tmp|home|root)/' "${read_by_people[@]}"; then
	echo "a path of one machine"
	bad=1
fi

if [ "$bad" -ne 0 ]; then
	echo "lint words: FAILED"
	exit 1
fi
echo "lint words: ok (${#files[@]} files)"
