#!/bin/bash
# reset_by_hand.sh PROGRAM SCRATCH: each way in which a reset that is scripted around talosctl goes wrong, by its name
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
run 0 init "$w" --profile all-control-plane
run 0 -C "$w" up --sim -q
stage() {
	run 0 -C "$w" status --sim -n "$1" -o json
	out_has "\"stage\":\"$2\""
}

# defect: without --reboot the machine halts, and the partitions are the default, which is all of them
run 0 -C "$w" reset mini02 --sim
err_has 'wipes STATE'
err_has 'wipes EPHEMERAL'
err_has 'wait until it answers in maintenance mode: done node=mini02'
cp "$err" "$scratch/said"
stage mini02 maintenance

# defect: it waits for all three nodes, also for a subset; and one call goes out to all of them
for other in mini01 mini03; do
	grep -E "(wipe the node|wait until it answers in maintenance mode).* node=$other" "$scratch/said" && fail "$other was waited for"
	stage $other running
done

# defect: no snapshot of etcd before it
[ "$(find "$w/.talforge/snapshots" -name 'home-*.db' | wc -l)" = 1 ] || fail "etcd was not saved"
grep -q 'etcd at revision [0-9]* with [0-9]* keys' "$scratch/said" || fail "the snapshot was not read back"

# defect: etcd is looked for as pods labelled component=etcd, which Talos does not have; the member stays in the list
run 0 -C "$w" etcd members --sim
out_lacks mini02
out_has mini01

# defect: no arithmetic of the quorum on the subset; the members that are left count, not those there once were
run 4 -C "$w" reset mini01 --sim -o json
one_object reset
out_has '"outcome":"refused"'
err_has 'resetting mini01 would leave 1 of 2 etcd members; 2 are needed'
stage mini01 running

# defect: markers of the bootstrap survive, so that going on skips the node
run 2 -C "$w" up --sim --dry-run
grep -q 'apply-config  *mini02' "$out" || fail "it is not configured again: $(cat "$out")"
run 0 -C "$w" up --sim -q
run 0 -C "$w" etcd members --sim
out_has mini02

# defect: a marker of the inner steps says done though the outer one was deleted: what is done is looked at, not remembered
rm -r "$w/.talforge/world/runs"
run 0 -C "$w" up --sim -o json
out_has '"done":0'

# defect: markers are tied neither to the cluster nor to the files
run 2 -C "$w" plan reset mini03 --sim --out "$scratch/reset.plan"
echo '# a remark' >>"$w/cluster.yaml"
run 1 -C "$w" run "$scratch/reset.plan" --sim
err_has 'the files changed since'
sed -i '$d' "$w/cluster.yaml"
run 0 init "$scratch/other" --profile all-control-plane
run 1 -C "$scratch/other" run "$scratch/reset.plan" --sim
err_has 'a plan for another cluster'

# defect: the state of the cluster is read from names that nodes do not have, so that it is never up to date
run 0 -C "$w" up --sim --dry-run

# defect: addresses of three nodes are written into the script: another number of nodes, and each by its own address
v=$scratch/v
run 0 init "$v" --profile vip-and-workers
run 0 -C "$v" up --sim -q
run 0 -C "$v" reset 10.0.50.11 worker2 --sim
run 0 -C "$v" status --sim
[ "$(grep -c ' maintenance ' "$out")" = 2 ] || fail "not those two: $(cat "$out")"

# defect: steps that depend on each other run at once: here workers come first, then control planes, one after the other
run 0 -C "$v" up --sim -q
run 0 -C "$v" reset --sim
grep -oE ' wipe the node and reboot it: done node=[a-z0-9]*' "$err" | sed 's/.*=//' >"$scratch/order"
[ "$(head -n 3 "$scratch/order" | grep -c worker)" = 3 ] || fail "workers do not come first: $(cat "$scratch/order")"
[ "$(wc -l <"$scratch/order")" = 5 ] || fail "not all: $(cat "$scratch/order")"

# defect: a ping decides; and a partial success is a success
s=$scratch/s
workspace "$s"
serve "$s" --state running
sed 's/^192.0.2.21:50000 .*/192.0.2.21:50000 127.0.0.1:1/' "$hosts" >"$scratch/silent"
run 5 -C "$s" reset worker1 control2 --hosts "$scratch/silent" --yes -o json
one_object reset
out_has '"outcome":"partial"'
out_has '{"name":"control2","outcome":"done","err":null}'
out_has '{"name":"worker1","outcome":"failed","err":{"kind":"timeout"'
run 0 -C "$s" reset worker1 control2 --hosts "$hosts" --yes -o json
out_has '"outcome":"done"'

# defect: refused with a certificate, it is told without one, whoever's node it is
o=$scratch/o
workspace "$o"
rm "$o/talsecret.yaml"
run 0 -C "$o" secrets new
run 7 -C "$o" reset control1 --hosts "$hosts" --yes
err_has 'control1 (192.0.2.11) is configured, but not for us'
run 0 -C "$s" status --hosts "$hosts" -n control1 -o json
out_has '"stage":"running"'
