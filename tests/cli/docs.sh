#!/bin/bash
# docs.sh PROGRAM SCRATCH: every command that the documentation shows exists, and takes the flags shown with it
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
root=$(cd "$(dirname "$0")/../.." && pwd)

# Lines of code and `talforge ...` in the text, one command a line: without remarks and choices.
sed -n -e 's/^    \(talforge .*\)$/\1/p' "$root"/README.md "$root"/docs/*.md >"$scratch/shown"
# shellcheck disable=SC2016
grep -ho '`talforge [a-z][^`]*`' "$root"/README.md "$root"/docs/*.md | tr -d '`' >>"$scratch/shown"
sed -e 's/ #.*//; s/ \{3,\}.*//; s/ |.*//; s/ > .*//' -e 's/[][]//g' "$scratch/shown" |
	tr ';' '\n' | sed 's/^ *talforge *//' | sort -u >"$scratch/commands"
[ "$(wc -l <"$scratch/commands")" -ge 40 ] || fail "only so many: $(cat "$scratch/commands")"

# help_of WORDS...: into $help, of the command that they begin with; fails when there is none
help=$scratch/help
help_of() {
	local words="$1 ${2-}"
	case ${2-} in
	'' | [A-Z]* | -* | */* | *.*) words=$1 ;;
	esac
	# shellcheck disable=SC2086
	"$program" $words --help >"$scratch/this" 2>&1 || "$program" "$1" --help >"$scratch/this" 2>&1 || return 1
	cat "$scratch/this" >>"$help"
}

while read -r line; do
	read -ra words <<<"$line"
	: >"$help"
	case ${words[0]} in
	--*) "$program" --help >"$help" ;;
	COMMAND) continue ;;
	plan | rehearse)
		help_of "${words[0]}" || fail "no such command: talforge $line"
		[ "${words[1]-}" = OPERATION ] || help_of "${words[@]:1}" || fail "no such command: talforge $line"
		;;
	*) help_of "${words[@]}" || fail "no such command: talforge $line" ;;
	esac
	for word in "${words[@]}"; do
		case $word in
		--*) grep -qE -e "(^|[ ,])${word%%=*}( |$)" "$help" || fail "talforge $line: there is no ${word%%=*}" ;;
		-[a-zA-Z]) grep -qE -e "^  ${word}[, ]" "$help" || fail "talforge $line: there is no $word" ;;
		esac
	done
done <"$scratch/commands"
