#!/bin/bash
# reset.sh PROGRAM SCRATCH: nodes back into maintenance mode, and the exit codes of what is refused
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
run 0 init "$w" --profile all-control-plane
run 0 -C "$w" up --sim -q

# what would cost etcd its quorum, and what needs the cluster's name
run 4 -C "$w" reset mini01 mini02 --sim -o json
one_object reset
out_has '"outcome":"refused"'
err_has 'resetting mini01 and mini02 would leave 1 of 3 etcd members; 2 are needed'
run 4 -C "$w" reset mini01 --full --sim --yes
err_has '--confirm home'
run 4 -C "$w" reset mini01 --full --confirm house --sim --yes
err_has 'is not the name of this cluster, home'
run 4 -C "$w" reset mini01 --user-volume data --sim
err_has 'mini01 has no user volume data'
run 3 -C "$w" reset mini09 --sim
[ ! -e "$w/.talforge/snapshots" ] || fail "a snapshot of a reset that was refused"

# a locked node
sed -i 's/^  - name: mini03/&\n    locked: holds the backups/' "$w/nodes.yaml"
run 4 -C "$w" reset mini03 --sim
err_has 'mini03 is locked and would be wiped: holds the backups'
sed -i '/locked:/d' "$w/nodes.yaml"

# one node: shown, done, and nothing to do the second time
run 2 -C "$w" reset mini02 --sim --dry-run
out_has 'etcd-snapshot'
out_has 'etcd-leave'
out_has 'destroys'
out_has 'wipes STATE and EPHEMERAL: the machine config and all data; the operating system stays'
run 2 -C "$w" reset mini02 --sim --full --confirm home --dry-run
out_has 'wipes the whole system disk, the operating system with it'
out_lacks EPHEMERAL
run 0 -C "$w" reset mini02 --sim -o json
one_object reset
out_has '"outcome":"done"'
out_has '{"name":"mini03","outcome":"skipped","err":null}'
snapshot=$(ls "$w"/.talforge/snapshots/home-*.db)
[ "$(stat -c %a "$snapshot")" = 600 ] || fail "the snapshot is for others too"
run 0 -C "$w" status --sim
grep -Eq '^mini02 .* maintenance ' "$out" || fail "mini02 is not in maintenance mode: $(cat "$out")"
run 0 -C "$w" reset mini02 --sim
out_has 'nothing to do: the nodes are in maintenance mode'
run 0 -C "$w" etcd members --sim
out_lacks mini02
run 0 -C "$w" reset mini02 --sim --dry-run
out_has 'nothing to do: the nodes are in maintenance mode'

# up brings it back; then the whole cluster goes, and comes back with a new etcd
run 0 -C "$w" up --sim -q
run 0 -C "$w" etcd members --sim
out_has mini02
run 0 -C "$w" reset --sim -q
run 0 -C "$w" status --sim
[ "$(grep -c ' maintenance ' "$out")" = 3 ] || fail "not all are bare: $(cat "$out")"
run 0 -C "$w" up --sim -q
run 0 -C "$w" etcd status --sim

# without a simulated world somebody has to agree, and a silent node fails
printf '%s\n' 127.0.0.1:1\ 127.0.0.1:1 >"$scratch/none"
for address in 172.29.51.11 172.29.51.12 172.29.51.13; do
	echo "$address 127.0.0.1:1"
done >"$scratch/hosts"
run 4 -C "$w" reset --hosts "$scratch/hosts" --timeout 2s
err_has 'there is nobody to ask'
