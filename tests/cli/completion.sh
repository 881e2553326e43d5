#!/bin/bash
# completion.sh PROGRAM SCRATCH: what bash offers, with flags before, behind and at the cursor
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

run 0 completion bash
# shellcheck source=/dev/null
. "$out"

# offers EXPECTED WORD...: the cursor is in the last word; EXPECTED is among what is offered
offers() {
	local expected=$1
	shift
	COMP_WORDS=(talforge "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_talforge
	for word in "${COMPREPLY[@]}"; do
		[ "$word" = "$expected" ] && return 0
	done
	fail "talforge $*: $expected is not among: ${COMPREPLY[*]}"
}

# offers_only EXPECTED WORD...: and nothing else
offers_only() {
	local expected=$1
	shift
	COMP_WORDS=(talforge "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_talforge
	[ "${COMPREPLY[*]-}" = "$expected" ] || fail "talforge $*: ${COMPREPLY[*]-} instead of $expected"
}

offers render ''
offers_only 'render' ren
offers --check render ''
offers serve sim ''
offers --state sim serve --
offers --dry-run up --
offers --contract explain worker1 ''

# the value of a flag is no word of a command
for flag in -C --workspace --hosts --talosconfig -n --nodes -o --output --cert-fingerprint; do
	offers --check "$flag" value render --
	offers --state sim "$flag" value serve --
done
offers --dry-run up --timeout 5m --max-parallel 2 --
offers --state --output = json sim serve --

# values
offers_only 'table json yaml sarif' -o ''
offers_only 'table json yaml sarif' check --output ''
offers_only 'json' check --output = j
offers_only 'table json yaml sarif' check --output =
offers_only 'json' up --events ''
offers_only 'maintenance running' sim serve --state ''
offers_only 'vip-and-workers' init new --profile vip
offers_only 'vip-and-workers' init -p v
offers_only '' gen config -o ''
offers_only '' -C ''

for shell in bash zsh fish; do
	run 0 completion $shell
done
out_has "-l profile -s p -r -f -a ' all-control-plane vip-and-workers'"

# what stands in front of a command
offers up plan ''
offers --out plan --
offers --dry-run plan up --
offers --out plan up --
[[ " ${COMPREPLY[*]} " != *" check "* ]] || fail "plan takes check"

# fish and zsh themselves, where they are
fish_offers() {
	fish -c "source '$out'; complete -C 'talforge $2'" 2>"$err" | grep -q "^$1\b" ||
		fail "fish: talforge $2: no $1: $(cat "$err")"
	[ ! -s "$err" ] || fail "fish: $(cat "$err")"
}
if command -v fish >/dev/null; then
	run 0 completion fish
	fish_offers render ren
	fish_offers up 'plan u'
	fish_offers --dry-run 'up --dr'
	fish_offers --state 'sim serve --st'
else
	echo "completion: fish is not installed: its script was not run"
fi
if command -v zsh >/dev/null; then
	run 0 completion zsh
	zsh -f -c "autoload -U compinit && compinit -D -u && source '$out' &&
		COMP_WORDS=(talforge plan u) && COMP_CWORD=2 && setopt ksharrays && _talforge &&
		[[ \" \${COMPREPLY[*]} \" == *\" up \"* ]]" 2>"$err" || fail "zsh: $(cat "$err")"
else
	echo "completion: zsh is not installed: its script was not run"
fi
