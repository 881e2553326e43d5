#!/bin/bash
# denied.sh PROGRAM SCRATCH: nodes of another cluster are named and left alone, never spoken to without a certificate
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
o=$scratch/other
workspace "$w"
serve "$w" --state running
workspace "$o"
rm "$o/talsecret.yaml"
run 0 -C "$o" secrets new

run 0 -C "$o" status --hosts "$hosts" -o json
[ "$(grep -o '"stage":"denied"' "$out" | wc -l)" = 4 ] || fail "not all are denied: $(cat "$out")"
run 7 -C "$o" diff --hosts "$hosts" -o json
one_object diff
out_has '"err":{"kind":"auth","text":"read the version: '
run 0 -C "$w" status --hosts "$hosts" -o json
cp "$out" "$scratch/before"

# denied ARGUMENT...: exit 7, and one sentence that names a node and the cause to its end
denied() {
	run 7 -C "$o" --hosts "$hosts" "$@"
	err_has 'the certificate is signed by an unknown authority'
	[ "$(grep -c '^error: ' "$err")" = 1 ] || fail "not one error: talforge $*: $(cat "$err")"
}
for mode in auto no-reboot staged try; do
	denied apply --yes --mode $mode
	err_has 'control1 (192.0.2.11) is configured, but not for us'
done
denied apply worker1 --dry-run
denied up --yes
denied plan up
denied reset --yes
err_has 'control1 (192.0.2.11) is configured, but not for us'
denied reset worker1 --full --confirm lab --yes
denied rollback worker1 --os --yes
denied rollback worker1 --config --yes
denied bootstrap --yes
err_has 'control1 (192.0.2.11) is configured, but not for us'
denied upgrade talos --to v1.13.10 --yes
denied upgrade k8s --to v1.36.4 --yes
err_has 'control1 (192.0.2.11) is configured, but not for us'
denied etcd members
denied etcd snapshot "$scratch/etcd.db"
denied etcd defrag --yes
denied etcd forfeit --yes
denied kubeconfig
denied rehearse up --live
err_has 'control1 (192.0.2.11) is configured, but not for us'
[ ! -e "$scratch/etcd.db" ] || fail "a snapshot of another cluster"

# a table tells the cause to its end too
run 7 -C "$o" apply --hosts "$hosts" --yes
out_has 'the certificate is signed by an unknown authority'

run 0 -C "$w" status --hosts "$hosts" -o json
cmp -s "$out" "$scratch/before" || fail "something was done to them: $(cat "$out")"

# a pinned key that is not the node's: no stranger's cluster, and nothing is sent
stop_jobs
jobs=()
serve "$w"
pin=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
for command in up 'apply worker1' 'reset worker1'; do
	# shellcheck disable=SC2086
	run 7 -C "$w" $command --hosts "$hosts" --yes --cert-fingerprint "$pin"
	err_has 'does not show the key that --cert-fingerprint pins: '
	err_has "not $pin"
	err_lacks 'not for us'
	err_lacks 'reset it first'
done
run 0 -C "$w" status --hosts "$hosts" -o json
[ "$(grep -o '"stage":"maintenance"' "$out" | wc -l)" = 4 ] || fail "something was done: $(cat "$out")"
run 7 -C "$w" apply worker1 --hosts "$hosts" --yes --cert-fingerprint "$pin"
key=$(sed -n 's/^error: .*the fingerprint \([^,]*\), not.*/\1/p' "$err")
run 0 -C "$w" status -n worker1 --hosts "$hosts" --cert-fingerprint "$key" -o json
out_has '"stage":"maintenance"'
