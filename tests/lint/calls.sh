#!/bin/bash
# calls.sh [ROOT]: what reaches outside the program is called behind its door only (calls.txt).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
export LC_ALL=C

mapfile -t files < <(find src -name '*.[ch]' | sort)
awk '
# a shell pattern as a regular expression
function pattern(glob) {
	gsub(/[.+]/, "[&]", glob)
	gsub(/\*/, ".*", glob)
	return "^" glob "$"
}

function may_call(row, n, i, doors) {
	n = split(door[row], doors, " ")
	for (i = 1; i <= n; i++)
		if (file ~ pattern(doors[i]))
			return 1
	return 0
}

function check(line, name, row) {
	while (match(line, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(line, RSTART, RLENGTH - 1)
		sub(/[ \t]+$/, "", name)
		before = RSTART > 1 ? substr(line, RSTART - 1, 1) : ""
		line = substr(line, RSTART + RLENGTH)
		if (!(name in row_of) || before == "." || before == ">")
			continue
		row = row_of[name]
		if (may_call(row))
			continue
		print FILENAME ":" FNR ": " name "() is for " (door[row] ? door[row] : "nobody")
		bad = 1
	}
}

NR == FNR && /^(#|[ \t]*$)/ { next }
NR == FNR {
	split($0, halves, ":")
	door[FNR] = halves[2]
	sub(/^[ \t]+/, "", door[FNR])
	n = split(halves[1], names, " ")
	for (i = 1; i <= n; i++)
		row_of[names[i]] = FNR
	next
}
FNR == 1 { file = substr(FILENAME, 5); comment = 0 }
{
	gsub(/\\./, "")
	gsub(/"[^"]*"/, "")
	gsub(/\/\*[^*]*\*\//, "")
	if (comment && !sub(/^.*\*\//, ""))
		next
	comment = sub(/\/\*.*/, "")
	sub(/\/\/.*/, "")
	check($0)
}
END { exit bad }
' "$here/calls.txt" "${files[@]}" || {
	echo "lint calls: FAILED"
	exit 1
}
echo "lint calls: ok (${#files[@]} files)"
