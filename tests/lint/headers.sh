#!/bin/bash
# headers.sh [ROOT]: every header of src and include compiles alone, under gcc and under clang.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/../..}"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

count=0
for root in src include; do
	[ -d "$root" ] || continue
	while read -r header; do
		name=${header#"$root"/}
		# twice, so that a header without its guard is seen
		printf '#include "%s"\n#include "%s"\n' "$name" "$name" >"$scratch/${name//\//-}.c"
		count=$((count + 1))
	done < <(find "$root" -name '*.h' | sort)
done

bad=0
for compiler in gcc clang; do
	command -v "$compiler" >/dev/null || continue
	find "$scratch" -name '*.c' -print0 | sort -z |
		xargs -0 -r -n 16 -P 2 "$compiler" -std=c17 -D_GNU_SOURCE -fsyntax-only -Wall -Wextra \
			-Wpedantic -Wundef -Wstrict-prototypes -Werror -include "$here/banned.h" \
			-Isrc -Iinclude || bad=1
done

if [ "$bad" -ne 0 ]; then
	echo "lint headers: FAILED"
	exit 1
fi
echo "lint headers: ok ($count files)"
