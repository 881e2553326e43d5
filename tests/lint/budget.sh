#!/bin/bash
# budget.sh [ROOT]: 60 lines and complexity 15 per function, 800 lines per file, 100 columns.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
export LC_ALL=C

mapfile -t files < <(find src include tests -name '*.[ch]' 2>/dev/null | sort)
bad=0

# pmccabe: complexity, classic complexity, statements, first line, lines, file(line): name
mapfile -t sources < <(printf "%s\n" "${files[@]}" | grep "\.c$")
pmccabe "${sources[@]}" | awk '
$5 > 60 { print $6, $7 " has " $5 " lines, the limit is 60"; bad = 1 }
$1 > 15 { print $6, $7 " has complexity " $1 ", the limit is 15"; bad = 1 }
END { exit bad }
' || bad=1

awk '
function columns(line, parts, n, i, at) {
	gsub(/[\200-\277]/, "", line)
	n = split(line, parts, "\t")
	at = length(parts[1])
	for (i = 2; i <= n; i++)
		at += 8 - at % 8 + length(parts[i])
	return at
}
function finish() {
	if (last > 800) {
		print name ": the file has " last " lines, the limit is 800"
		bad = 1
	}
}
FNR == 1 { finish(); name = FILENAME }
{ last = FNR }
columns($0) > 100 {
	print FILENAME ":" FNR ": the line has " columns($0) " columns, the limit is 100"
	bad = 1
}
END { finish(); exit bad }
' "${files[@]}" || bad=1

if [ "$bad" -ne 0 ]; then
	echo "lint budget: FAILED"
	exit 1
fi
echo "lint budget: ok (${#files[@]} files)"
