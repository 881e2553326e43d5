#!/bin/bash
# findings.sh [ROOT]: docs/findings.md lists every id of a finding, and none that is no more.
#
# A literal in kebab case in a file that makes findings is an id, unless findings.txt says what else
# it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
bad=0
[ -f docs/findings.md ] || {
	echo "lint findings: ok (nothing to look at)"
	exit 0
}

mapfile -t files < <(grep -lE '\b(finding_add|finding_add_err|complain|warn|want_text) *\(|FINDING_(NOTE|WARNING|ERROR)' \
	-r src --include='*.c')
used=$({
	grep -ohE '"[a-z0-9]+(-[a-z0-9]+)+"' "${files[@]}" | tr -d '"'
	# of one word, where they can be nothing else
	grep -ohzP '\bfinding_add\(\s*[^,;]*,\s*FINDING_[A-Z]+,\s*"\K[a-z]+(?=")' "${files[@]}" | tr '\0' '\n'
	grep -ohzP '\b(complain|warn)\(\s*[^,;]*,[^,;]*,[^,;]*,\s*"\K[a-z]+(?=")' "${files[@]}" | tr '\0' '\n'
} | sort -u)
others=$(grep -v '^#' tests/lint/findings.txt | cut -d: -f1 | sort -u)
# shellcheck disable=SC2016
listed=$(sed -n 's/^| `\([a-z0-9-]*\)` | \(note\|warning\|error\).*/\1/p' docs/findings.md | sort)

for id in $(comm -23 <(echo "$used") <(sort -u <<<"$listed"$'\n'"$others")); do
	echo "$id: no row of docs/findings.md, and tests/lint/findings.txt does not say what else it is"
	bad=1
done
for id in $listed; do
	grep -qF "\"$id\"" "${files[@]}" || {
		echo "docs/findings.md: $id: no finding has this id"
		bad=1
	}
done
for word in $others; do
	grep -qF "\"$word\"" "${files[@]}" || {
		echo "tests/lint/findings.txt: $word: nothing is called so"
		bad=1
	}
done
for id in $(uniq -d <<<"$listed"); do
	echo "docs/findings.md: $id has two rows"
	bad=1
done
if [ "$bad" -ne 0 ]; then
	echo "lint findings: FAILED"
	exit 1
fi
echo "lint findings: ok ($(wc -l <<<"$listed") ids)"
