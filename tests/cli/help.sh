#!/bin/bash
# help.sh PROGRAM SCRATCH: the help of every command, as it is written down
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

run 0 --help
is_golden "$out" help/overview.txt
run 0 help
is_golden "$out" help/overview.txt

commands=$(awk '/^Commands:/ { on = 1; next } /^$/ { on = 0 } on && /^  [a-z]/ {
	sub(/^  /, ""); sub(/  .*/, ""); print }' "$out")
[ "$(wc -l <<<"$commands")" -ge 20 ] || fail "too few commands: $commands"
while read -r words; do
	file=help/${words// /-}.txt
	# shellcheck disable=SC2086
	run 0 $words --help
	is_golden "$out" "$file"
	# shellcheck disable=SC2086
	run 0 help $words
	is_golden "$out" "$file"
done <<<"$commands"

for group in secrets sim gen machineconfig cilium bgp; do
	run 0 $group --help
	out_has "talforge $group COMMAND"
done
run 0 version
out_has "talforge "
run 0 --version
out_has "talforge "
run 0 version -o json
one_object version

for shell in bash zsh fish; do
	run 0 completion $shell
	out_has talforge
	out_has machineconfig
done
run 0 completion bash
bash -n "$out" || fail "the bash completion does not parse"
# shellcheck disable=SC1090,SC1091
. "$out"
COMP_WORDS=(talforge secrets "")
COMP_CWORD=2
_talforge
[[ " ${COMPREPLY[*]} " == *" import "* ]] || fail "no completion of secrets: ${COMPREPLY[*]}"
COMP_WORDS=(talforge -C somewhere up --dr)
COMP_CWORD=4
_talforge
[ "${COMPREPLY[*]}" = --dry-run ] || fail "no completion of --dr: ${COMPREPLY[*]}"

run 0 schema cluster
out_has 'json-schema.org'
run 0 schema nodes -o json
one_object schema
run 0 schema plan
cmp -s "$out" "$(dirname "$0")/../../schemas/plan.json" || fail "schemas/plan.json is another"
