#!/bin/bash
# layers.sh [ROOT]: every #include of src against layers.txt and walls.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"
export LC_ALL=C

mapfile -t files < <(find src -name '*.[ch]' | sort)
awk -v tables=2 '
function report(where, text) { print where ": " text; bad = 1 }

# a shell pattern as a regular expression
function pattern(glob) {
	gsub(/[.+]/, "[&]", glob)
	gsub(/\*/, ".*", glob)
	return "^" glob "$"
}

function check_row(name, i) {
	for (i = 2; i <= NF; i++) {
		if (!($i in row))
			report(FILENAME ":" FNR, name " lists " $i ", which no row above declares")
		allowed[name, $i] = 1
	}
	row[name] = 1
	allowed[name, name] = 1
}

function may_open(file, header, i, w, n, doors) {
	for (i = 1; i <= walls; i++) {
		if (header !~ pattern(wall[i]))
			continue
		n = split(door[i], doors, " ")
		for (w = 1; w <= n; w++)
			if (file ~ pattern(doors[w]))
				return 1
		behind = n ? door[i] : "the tests"
		return -1
	}
	return 0
}

function check_include(header, quoted, slash, top, verdict) {
	verdict = may_open(file, header)
	if (verdict < 0)
		report(here, file " may not include " header ", its door is " behind)
	if (verdict || header == "version.h")
		return
	slash = index(header, "/")
	top = slash ? substr(header, 1, slash - 1) : ""
	if (header == "talforge/talforge.h") {
		if (module != "facade" && module != "cli")
			report(here, "the public header is for facade and cli, not for " module)
	} else if (!quoted) {
		if (top in row)
			report(here, header " is ours: include it with quotes")
	} else if (!(top in row)) {
		report(here, "\"" header "\" is not of the form \"module/file.h\"")
	} else if (!((module, top) in allowed)) {
		report(here, module " may not include " header ": " top " is not in its row")
	}
}

FNR == 1 { nth++ }
nth <= tables && /^(#|[ \t]*$)/ { next }
nth == 1 { sub(/:/, "", $1); check_row($1); next }
nth == 2 {
	wall[++walls] = substr($1, 1, length($1) - 1)
	$1 = ""
	door[walls] = $0
	next
}
FNR == 1 {
	file = substr(FILENAME, 5)
	module = file
	sub(/\/.*/, "", module)
	if (!(module in row))
		report(FILENAME ":1", "src/" module " has no row in the layer table")
}
/^[ \t]*#[ \t]*include[ \t]*["<]/ {
	here = FILENAME ":" FNR
	quoted = /^[^<]*"/
	header = $0
	sub(/^[^"<]*["<]/, "", header)
	sub(/[">].*/, "", header)
	check_include(header, quoted)
}
END { exit bad }
' "$here/layers.txt" "$here/walls.txt" "${files[@]}" || {
	echo "lint layers: FAILED"
	exit 1
}
echo "lint layers: ok (${#files[@]} files)"
