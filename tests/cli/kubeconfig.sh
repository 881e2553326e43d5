#!/bin/bash
# kubeconfig.sh PROGRAM SCRATCH: which kubeconfig counts, and what is said about one that cannot
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
file=$scratch/kubeconfig
workspace "$w"
# a port where nobody listens: all nodes are silent, which is no failure of status
printf '192.0.2.%s 127.0.0.1:1\n' 11 12 13 21 >"$scratch/hosts"

# wrong RESULT TEXT: what --kubeconfig names is read, or refused with its place
wrong() {
	run "$1" -C "$w" status --hosts "$scratch/hosts" --kubeconfig "$file"
	err_has "$file"
	err_has "$2"
	err_lacks s3cret
}
run 1 -C "$w" status --hosts "$scratch/hosts" --kubeconfig "$scratch/absent"
err_has "$scratch/absent"
echo '[]' >"$file"
wrong 3 'no kubeconfig'
cat >"$file" <<'END'
current-context: a
contexts: [{name: a, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://192.0.2.1", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: s3cret}}]
END
wrong 4 insecure-skip-tls-verify

# what the environment names may be any cluster's: it is no reason to fail
KUBECONFIG=$file run 0 -C "$w" status --hosts "$scratch/hosts"
err_lacks insecure
KUBECONFIG=$scratch/absent run 0 -C "$w" status --hosts "$scratch/hosts"
err_lacks absent
TALFORGE_KUBECONFIG=$file run 4 -C "$w" status --hosts "$scratch/hosts"
err_has insecure-skip-tls-verify

# one of another cluster, whose nodes have the same names: whatever would use it is refused, exit 7
other=$scratch/other
workspace "$other"
rm "$other/talsecret.yaml"
run 0 -C "$other" secrets new
run 0 -C "$other" up --sim -q
run 0 -C "$other" kubeconfig --sim
for command in status health 'upgrade talos --to v1.13.10 --yes' 'upgrade k8s --to v1.36.4 --yes' \
	'reset worker1 --yes' 'cilium apply --yes' 'apply --yes'; do
	# shellcheck disable=SC2086
	run 7 -C "$w" $command --hosts "$scratch/hosts" --kubeconfig "$other/kubeconfig"
	err_has "error: the kubeconfig $other/kubeconfig is of another cluster: what it trusts is not the authority of this one"
done
KUBECONFIG=$other/kubeconfig run 0 -C "$w" status --hosts "$scratch/hosts"
err_lacks 'another cluster'

# into kubectl's own file
run 0 -C "$w" up --sim -q
HOME=$scratch run 0 -C "$w" kubeconfig --sim --merge
err_has "merged into $scratch/.kube/config"
mode_is 600 "$scratch/.kube/config"
HOME=$scratch run 0 -C "$w" kubeconfig --sim --merge
err_has 'has it already'
mkdir "$scratch/kube"
KUBECONFIG=$scratch/kube/one:$scratch/kube/two run 0 -C "$w" kubeconfig --sim --merge
cmp "$scratch/kube/one" "$w/kubeconfig" || fail "a new file is not the kubeconfig"
[ ! -e "$scratch/kube/two" ] || fail "the second file of KUBECONFIG was written"
# --kubeconfig is the file to merge into, whether it exists or not
KUBECONFIG=$scratch/kube/one run 0 -C "$w" kubeconfig --sim --merge --kubeconfig "$scratch/kube/three"
err_has "merged into $scratch/kube/three"
cmp "$scratch/kube/one" "$scratch/kube/three" || fail "another file than --kubeconfig names was written"
