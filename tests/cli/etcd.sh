#!/bin/bash
# etcd.sh PROGRAM SCRATCH: members, status, snapshots, and what changes members
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
run 0 init "$w" --profile all-control-plane
run 1 -C "$w" etcd members --sim
err_has 'no control plane says who is a member of etcd'
run 4 -C "$w" bootstrap --sim
err_has 'mini01 has no config yet'
run 0 -C "$w" up --sim -q

run 0 -C "$w" etcd members --sim
out_has https://172.29.51.12:2380
run 0 -C "$w" etcd members --sim -o json
one_object 'etcd members'
run 0 -C "$w" etcd status --sim -o json
one_object 'etcd status'
out_has '"leader":true'
err_lacks 'etcd of'
run 0 -C "$w" bootstrap --sim
out_has 'nothing to do: etcd runs'

# a snapshot: whole, for nobody else, and it replaces what was there
echo old >"$scratch/etcd.db"
run 0 -C "$w" etcd snapshot "$scratch/etcd.db" --sim
[ "$(stat -c %a "$scratch/etcd.db")" = 600 ] || fail "the snapshot is for others too"
[ "$(($(stat -c %s "$scratch/etcd.db") % 512))" = 32 ] || fail "no hash at its end"
run 0 -C "$w" etcd snapshot "$scratch/other.db" --sim -n mini03
err_has 'node=mini03'
run 3 -C "$w" etcd snapshot "$scratch/other.db" --sim -n mini09
run 3 -C "$w" etcd snapshot "$scratch" --sim
[ -z "$(find "$scratch" -name '.talforge-*')" ] || fail "something was left behind"

# one after the other, and who leads
run 0 -C "$w" etcd defrag --sim
run 2 -C "$w" etcd defrag --sim --dry-run
[ "$(grep -c etcd-defrag "$out")" = 3 ] || fail "not all: $(cat "$out")"
run 0 -C "$w" etcd forfeit --sim
out_has 'changed something'
run 0 -C "$w" etcd remove mini09 --sim
out_has 'nothing to do: etcd has no such member'

# back from a snapshot: refused while there is data, and when the file is damaged
run 4 -C "$w" etcd restore "$scratch/etcd.db" --sim
err_has 'a snapshot is for control planes without data'
run 0 -C "$w" reset --sim -q
run 0 -C "$w" apply --sim -q
cp "$scratch/etcd.db" "$scratch/bad.db"
printf x | dd of="$scratch/bad.db" bs=1 seek=9000 conv=notrunc 2>/dev/null
run 3 -C "$w" etcd restore "$scratch/bad.db" --sim
err_has 'does not match its hash'
run 0 -C "$w" bootstrap --recover-from "$scratch/etcd.db" --sim
run 0 -C "$w" etcd status --sim
run 0 -C "$w" up --sim -q
