#!/bin/bash
# shellcheck disable=SC2016
# usage.sh PROGRAM SCRATCH: a wrong command line is exit 3, one sentence on stderr and nothing on stdout
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

# wrong TEXT HINT ARGUMENT...
wrong() {
	local text=$1 hint=$2
	shift 2
	run 3 "$@"
	out_is_empty
	err_has "error: $text"
	[ -z "$hint" ] || err_has "  hint: $hint"
	[ "$(grep -c . "$err")" -le 2 ] || fail "more than an error and a hint: $(cat "$err")"
}

wrong 'no command is given' 'talforge --help lists them'
wrong 'unknown command `checq`' 'did you mean `check`?' checq
wrong 'unknown command `xyzzy`' 'talforge --help lists the commands' xyzzy
wrong 'unknown command `secrets neww`' 'did you mean `secrets new`?' secrets neww
wrong '`secrets` needs another word' 'one of: new, import, show' secrets
wrong 'this version of talforge has no `discover` yet' '' discover 10.0.0.0/8
wrong 'this version of talforge has no `rotate-ca` yet' '' rotate-ca
wrong 'this version of talforge has no `node` yet' '' node add
wrong 'unknown flag --dry-rnu' 'did you mean --dry-run?' up --dry-rnu
wrong 'unknown flag --dry-run' 'flags of a command come after its name' --dry-run up
wrong 'unknown flag -x' '' check -x
wrong 'unknown flag --dry-run' '' check --dry-run
wrong '--output: "jsno" is none of table, json, yaml, sarif' 'did you mean json?' check -o jsno
wrong '--output needs a value: FORMAT' '' version -o
wrong '`up` has no findings to print as sarif' 'check, render and validate have' up -o sarif
wrong '`up` takes no --nodes: it works on all of them' 'status, diff, render, apply, reset and upgrade take some; apply installs bare ones, too' up -n a
wrong '`check` takes no --nodes: it works on all of them' 'status, diff, render, apply, reset and upgrade take some; apply installs bare ones, too' check -n a
wrong '`explain` needs NODE: a node' 'talforge explain --help tells more' explain
wrong '`version` takes no argument "more"' '' version more
wrong '"tcsh" is none of bash, zsh, fish' '' completion tcsh
wrong '--max-parallel: "0" is neither a number from 1 on nor 1% to 100%' '' up --max-parallel 0
wrong '--timeout: "soon" is no duration' 'write it like 90s, 10m or 1h30m' up --timeout soon
wrong '`init` needs --profile NAME' 'talforge init --list shows the profiles' init "$scratch/w"
wrong '--with-docs cannot be true' '' gen config a https://192.0.2.1:6443 --with-docs
wrong '--as: "v1.12" is none of v1.13, v1.14' 'did you mean v1.13?' machineconfig patch x --as v1.12
wrong 'unknown role os:amdin' 'did you mean os:admin?' talosconfig --roles os:amdin
wrong 'there is no profile nope' '' init "$scratch/w" --profile nope
for text in x AAAA "$(head -c 31 /dev/zero | base64)" "$(head -c 33 /dev/zero | base64)"; do
	wrong "--cert-fingerprint: \"$text\" is no fingerprint" 'it is the SHA-256' status \
		--cert-fingerprint "$text"
done
wrong '--talos: "x" is no version' 'a version looks like v1.13.9' sim serve --talos x
wrong '--talos: Talos 1.99 is not supported' 'releases 1.' sim serve --talos v1.99.0
[ ! -e "$scratch/w" ] || fail "init made a folder"

# flags before and after the command, in every form, and the environment
workspace "$scratch/w"
run 0 -C "$scratch/w" check -o json
one_object check
run 0 -o=json check "-C$scratch/w"
one_object check
run 0 check --output=json --workspace "$scratch/w"
one_object check
TALFORGE_WORKSPACE=$scratch/w TALFORGE_OUTPUT=json run 0 check
one_object check
TALFORGE_OUTPUT=jsno run 3 version
err_has 'error: TALFORGE_OUTPUT: "jsno" is none of'
TALFORGE_OUTPUT=json run 0 version --output table
out_has 'talforge '

run 3 -C "$scratch/w" sim serve --state running --count 9
err_has '--count 9 is more than the 4 nodes of nodes.yaml'
run 0 -C "$scratch/w" check --cert-fingerprint "$(head -c 32 /dev/zero | base64)"

# in the form of events when they are asked for
for flag in '--events json' --events=json; do
	# shellcheck disable=SC2086
	run 3 up $flag --dry-rnu
	out_is_empty
	grep -q '^{"at":".*,"event":"error","run":null,.*"text":"unknown flag --dry-rnu",.*}$' "$err" ||
		fail "no event: $(cat "$err")"
	[ "$(wc -l <"$err")" = 1 ] || fail "more than one line: $(cat "$err")"
done

# what is not there
run 3 -C "$scratch/nowhere" check
out_is_empty
err_has "$scratch/nowhere"
