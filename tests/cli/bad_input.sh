#!/bin/bash
# bad_input.sh PROGRAM SCRATCH: what is wrong in a user's file is named with its place, and nothing is
# written
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

# wrong PLACE TEXT: check, render and up say so, exit 3, and print no half result
wrong() {
	run 3 -C "$w" check
	out_has "$1: error: "
	out_has "$2"
	run 3 -C "$w" check -o json
	one_object check
	run 3 -C "$w" up --sim --yes
	out_is_empty
	err_has "$1: error: "
	err_has "$2"
	run 3 -C "$w" render
	run 3 -C "$w" render -o json
	one_object render
	out_has '"nodes":[],"findings":[{"id":"'
	[ ! -e "$w/clusterconfig" ] || fail "something was written"
	[ ! -e "$w/.talforge/world" ] || fail "a simulated world was made"
	rm -rf "$w"
	workspace "$w"
}

workspace "$w"
printf 'cluster_name: again\n' >>"$w/cluster.yaml"
wrong cluster.yaml:15:1 cluster_name

printf '\tdisk: x\n' >>"$w/nodes.yaml"
wrong nodes.yaml:24:1 tab

sed -i 's/^talos_version/talos_verison/' "$w/cluster.yaml"
wrong cluster.yaml:9:1 'did you mean "talos_version"?'

sed -i 's/192.0.2.12/192.0.2.11/' "$w/nodes.yaml"
wrong nodes.yaml:8:14 192.0.2.11

sed -i 's/vm.max_map_count/&: x/' "$w/patches/global/10-sysctls.yaml"
run 3 -C "$w" render
err_has 'patches/global/10-sysctls.yaml:4:'
[ ! -e "$w/clusterconfig" ] || fail "something was written"
rm -rf "$w"
workspace "$w"

printf 'machine:\n  sysctls: []\n' >"$w/patches/worker/20-type.yaml"
run 3 -C "$w" render
err_has 'patches/worker/20-type.yaml:2:12: '
err_has sysctls
[ ! -e "$w/clusterconfig" ] || fail "something was written"
rm "$w/patches/worker/20-type.yaml"

# what Talos would refuse is found before it can
printf 'machine:\n  features: {nodeAddressSortAlgorithm: v9}\n' >"$w/patches/worker/20-sort.yaml"
run 3 -C "$w" check
out_has 'patches/worker/20-sort.yaml:2:40: error: '
out_has '[address-sort]'
run 3 -C "$w" render
[ ! -e "$w/clusterconfig" ] || fail "something was written"
rm "$w/patches/worker/20-sort.yaml"

# what no schema knows is said and stays, for releases that are newer than this program
printf 'machine:\n  sysctl: {a: b}\n---\napiVersion: v2\nkind: NewConfig\nspin: up\n' \
	>"$w/patches/worker/20-new.yaml"
run 0 -C "$w" check
out_has 'patches/worker/20-new.yaml:2:3: warning: '
out_has '[unknown-field]'
out_has 'did you mean sysctls?'
out_has 'patches/worker/20-new.yaml:5:7: warning: '
out_has '[unknown-kind]'
[ "$(grep -c '20-new.yaml' "$out")" = 2 ] || fail "something is said twice"
run 0 -C "$w" render
err_has '[unknown-field]'
err_has '[unknown-kind]'
grep -q '^kind: NewConfig$' "$w"/clusterconfig/*worker*.yaml || fail "the document is lost"
grep -A1 '^    sysctl:$' "$w"/clusterconfig/*worker*.yaml | grep -q 'a: b' ||
	fail "the field is lost"
rm -r "$w/patches/worker/20-new.yaml" "$w/clusterconfig"

# a label that an empty one does not replace
printf 'machine: {nodeLabels: {tier: a}}\n' >"$w/patches/global/20-label.yaml"
printf 'machine: {nodeLabels: {tier: ""}}\n' >"$w/patches/worker/20-label.yaml"
run 0 -C "$w" check
out_has 'patches/worker/20-label.yaml:1:30: warning: '
out_has '[patch-zero-ignored]'
printf 'merge: strict\n' >>"$w/cluster.yaml"
wrong patches/worker/20-label.yaml:1:30 'keeps what was there before'

# ten million bytes of aliases
{
	echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
	for ((i = 1; i < 9; i++)); do
		echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))," \
			"*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"
	done
	printf 'long: ['
	head -c 10000000 /dev/zero | tr '\0' a | fold -w 4 | sed 's/.*/*a8/' | paste -sd,
	echo ']'
} >"$w/cluster.yaml"
start=$SECONDS
run 3 -C "$w" check
out_has 'cluster.yaml:'
[ $((SECONDS - start)) -lt 60 ] || fail "a file of aliases took $((SECONDS - start)) s"
workspace "$w"

# secrets that are cut short, damaged, or open to others
truncate -s 2000 "$w/talsecret.yaml"
run 3 -C "$w" render
err_has talsecret.yaml
run 3 -C "$w" render -o json
one_object render
out_has '"nodes":[]'
out_has '"id":"bad-secrets","severity":"error","file":"'
workspace "$w"
sed -i 's/crt: LS0t/crt: AAAA/' "$w/talsecret.yaml"
run 3 -C "$w" render
err_has talsecret.yaml
workspace "$w"
chmod 644 "$w/talsecret.yaml"
run 4 -C "$w" render
err_has talsecret.yaml
chmod 600 "$w/talsecret.yaml"
mkdir "$w/.git"
echo clusterconfig/ >"$w/.gitignore"
run 4 -C "$w" up --sim --yes
err_has .gitignore
[ ! -e "$w/clusterconfig" ] || fail "something was written"
workspace "$w"

# how upgrades are to go: check knows schedules and expressions, before a night depends on them
printf 'upgrade:\n  windows: [{start: "0 2 31 2 *", duration: 4h}]\n' >>"$w/cluster.yaml"
printf '  health_checks: [{apiVersion: v1, kind: Node, expr: "1 +"}]\n' >>"$w/cluster.yaml"
run 3 -C "$w" check
out_has 'error: "0 2 31 2 *" never opens in the next eight years [bad-window]'
out_has '[bad-expression]'
rm -rf "$w"
workspace "$w"

# files named on the command line
printf '192.0.2.11 nowhere\n' >"$scratch/hosts"
run 3 -C "$w" status --hosts "$scratch/hosts"
err_has "$scratch/hosts:1: error: "
run 1 -C "$w" status --hosts "$scratch/absent"
printf 'context: x\ncontexts: {}\n' >"$scratch/talosconfig"
printf '192.0.2.11 127.0.0.1:1\n' >"$scratch/hosts"
run 3 -C "$w" status --hosts "$scratch/hosts" --talosconfig "$scratch/talosconfig"
err_has context
run 3 -C "$w" status --sim --hosts "$scratch/hosts"
