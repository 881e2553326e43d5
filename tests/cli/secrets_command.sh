#!/bin/bash
# secrets_command.sh PROGRAM SCRATCH: a command of cluster.yaml prints the bundle
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

# with COMMAND: the workspace with that command, and no file of secrets in it
with() {
	rm -rf "$w"
	workspace "$w"
	install -m 600 "$w/talsecret.yaml" "$scratch/elsewhere.yaml"
	rm "$w/talsecret.yaml"
	line=$(($(wc -l <"$w/cluster.yaml") + 1))
	echo "secrets: {command: $1}" >>"$w/cluster.yaml"
}

# the same configs as from a file, without the warning of one that is kept in clear
workspace "$w"
run 0 -C "$w" render
err_has 'kept in clear'
mv "$w/clusterconfig" "$scratch/expected"
for command in '"echo x >>../asked; cat ../elsewhere.yaml"' '[cat, ../elsewhere.yaml]'; do
	with "$command"
	run 0 -C "$w" render
	err_lacks 'kept in clear'
	for file in "$scratch"/expected/*.yaml; do
		cmp "$file" "$w/clusterconfig/${file##*/}" || fail "${file##*/} differs"
	done
	[ -z "$(find "$w" -name 'talsecret*')" ] || fail "a bundle was written"
done
[ "$(wc -l <"$scratch/asked")" = 1 ] || fail "the command ran more than once"
run 0 -C "$w" secrets show
out_has '***'

# a check looks at the files only
with "touch ../ran"
run 0 -C "$w" check
[ ! -e "$scratch/ran" ] || fail "check ran the command"

# a missing key, and what is no bundle
with '"cat ../elsewhere.yaml; echo no key fits >&2; exit 3"'
run 7 -C "$w" render
err_has 'the command ended with exit code 3: no key fits'
out_lacks 'LS0t'
err_lacks 'LS0t'
with '[no-such-program-here]'
run 7 -C "$w" up --sim --yes
with '"head -c 3000 ../elsewhere.yaml"'
run 3 -C "$w" render
err_has "cluster.yaml:$line:20: error: "
err_lacks 'LS0t'
run 3 -C "$w" render -o json
out_has '"id":"bad-secrets"'
out_lacks 'LS0t'
[ ! -e "$w/clusterconfig" ] || fail "something was written"
with '[]'
run 3 -C "$w" render
err_has 'the name of a file or {command: ...}'

# there is no file to make
with 'cat ../elsewhere.yaml'
run 3 -C "$w" secrets new
err_has 'has a command'
run 3 -C "$w" secrets import "$data/golden/gen/c113-defaults/controlplane.yaml"
err_has 'has a command'
[ ! -e "$w/talsecret.yaml" ] || fail "a bundle was written"
