#!/bin/bash
# selftest.sh: a lint that cannot fail proves nothing. Each case plants one violation in a tree of
# its own; the lint must fail and say what it found, and must be content with the clean tree.
# shellcheck disable=SC2016
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cases=0
bad=0

clean_tree() {
	rm -rf "${scratch:?}/tree"
	mkdir -p "$scratch/tree/src/base" "$scratch/tree/src/tree" "$scratch/tree/tests"
	cd "$scratch/tree"
	git init -q .
	printf '#pragma once\n#include <stddef.h>\nsize_t base_size(void);\n' >src/base/base.h
	printf '#include "base/base.h"\nsize_t base_size(void)\n{\n\treturn 1;\n}\n' >src/base/base.c
}

# expect LINT TEXT: the lint fails and its output has TEXT
expect() {
	local out code=0
	out=$("$here/$1.sh" "$scratch/tree" 2>&1) || code=$?
	cases=$((cases + 1))
	if [ "$code" -eq 0 ] || [[ $out != *"$2"* ]] || [[ $out != *"lint $1: FAILED"* ]]; then
		printf 'lint %s did not report "%s" (exit %s):\n%s\n' "$1" "$2" "$code" "$out"
		bad=1
	fi
	clean_tree
}

# repeat COUNT TEXT
repeat() {
	local i
	for ((i = 0; i < $1; i++)); do
		printf '%b' "$2"
	done
}

clean_tree
for lint in layers calls budget headers words findings; do
	cases=$((cases + 1))
	if ! out=$("$here/$lint.sh" "$scratch/tree" 2>&1); then
		printf 'lint %s objects to a clean tree:\n%s\n' "$lint" "$out"
		bad=1
	fi
done

findings_tree() {
	mkdir -p docs tests/lint
	printf '| `a-b` | error | x |\n' >docs/findings.md
	printf 'c-d: a word\n' >tests/lint/findings.txt
	printf 'finding_add(f, FINDING_ERROR, "a-b", src, "", "c-d");\n' >src/base/find.c
}
findings_tree
printf 'finding_add(f, FINDING_ERROR, "e-f", src, "", "x");\n' >>src/base/find.c
expect findings 'e-f: no row of docs/findings.md'
findings_tree
printf 'complain(v, spot, "field", "word", "x");\n' >>src/base/find.c
expect findings 'word: no row of docs/findings.md'
findings_tree
printf '| `g-h` | note | x |\n' >>docs/findings.md
expect findings 'docs/findings.md: g-h: no finding has this id'
findings_tree
printf '| `a-b` | note | x |\n' >>docs/findings.md
expect findings 'docs/findings.md: a-b has two rows'
findings_tree
printf 'i-j: a word\n' >>tests/lint/findings.txt
expect findings 'tests/lint/findings.txt: i-j: nothing is called so'
printf '#include "tree/value.h"\n' >>src/base/base.c
expect layers 'src/base/base.c:6: base may not include tree/value.h'
printf '#include <tree/value.h>\n' >>src/base/base.c
expect layers 'src/base/base.c:6: tree/value.h is ours'
printf '#include "base.h"\n' >>src/base/base.c
expect layers 'src/base/base.c:6: "base.h" is not of the form'
printf '  #  include <openssl/ssl.h>\n' >>src/base/base.c
expect layers 'src/base/base.c:6: base/base.c may not include openssl/ssl.h, its door is'
printf '#include <yaml.h>\n' >>src/base/base.h
expect layers 'src/base/base.h:4: base/base.h may not include yaml.h'
printf '#include "talos/machine.pb-c.h"\n' >>src/base/base.c
expect layers 'may not include talos/machine.pb-c.h'
printf '#include <criterion/criterion.h>\n' >>src/base/base.c
expect layers 'its door is the tests'
printf '#include "talforge/talforge.h"\n' >>src/base/base.c
expect layers 'the public header is for facade and cli, not for base'
mkdir src/util
printf '#include "base/base.h"\n' >src/util/util.c
expect layers 'src/util/util.c:1: src/util has no row'

printf 'int base_now(void)\n{\n\t/* not time(0) */ return (int) time(0);\n}\n' >>src/base/base.c
expect calls 'src/base/base.c:8: time() is for base/clock.c'
printf 'void base_nap(void)\n{\n\tnanosleep(0, 0);\n}\n' >>src/base/base.c
expect calls 'src/base/base.c:8: nanosleep() is for nobody'

{
	printf 'void long_one(void);\nvoid long_one(void)\n{\n'
	repeat 60 '\tlong_one();\n'
	printf '}\n'
} >src/base/long.c
expect budget 'long_one has 6'
{
	printf 'int branchy(int a);\nint branchy(int a)\n{\n'
	repeat 15 '\tif (a--)\n\t\ta++;\n'
	printf '\treturn a;\n}\n'
} >src/base/branchy.c
expect budget 'branchy has complexity 16'
repeat 801 '/* */\n' >tests/tall.h
expect budget 'tests/tall.h: the file has 801 lines'
{
	repeat 12 '\t'
	printf 'long;\n'
} >src/base/wide.h
expect budget 'src/base/wide.h:1: the line has 101 columns'

printf '#pragma once\nuint8_t base_byte(void);\n' >src/base/byte.h
expect headers 'uint8_t'
printf 'struct twice {\n\tint a;\n};\n' >src/base/twice.h
expect headers 'twice'
printf '#pragma once\n#include <stdlib.h>\nstatic inline int base_number(const char *s)\n{\n\treturn atoi(s);\n}\n' \
	>src/base/number.h
expect headers 'banned'

printf '/* TODO: later */\n' >>src/base/base.c
expect words 'src/base/base.c:6:'
printf 'see /work/main\n' >README.md
expect words 'README.md:1:'

if [ "$bad" -ne 0 ]; then
	echo "lint selftest: FAILED"
	exit 1
fi
echo "lint selftest: ok ($cases cases)"
