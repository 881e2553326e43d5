#!/bin/bash
# rehearse.sh PROGRAM SCRATCH: commands on a simulated copy of the cluster
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

w=$scratch/w
run 0 init "$w" --profile vip-and-workers
find "$w" | sort >"$scratch/before"

# bare nodes to a healthy cluster, told from the epoch on
run 0 -C "$w" rehearse up
grep -q '^1970-01-01T00:0[0-9]:[0-9]*Z INFO bootstrap etcd node=control0' "$err" ||
	fail "no timeline: $(cat "$err")"
run 0 -C "$w" rehearse up -o json
one_object rehearse
out_has '"operation":"up","outcome":"done"'
out_has '"breaks":[],"timeline":[{"at":"1970-01-01T00:00:00.000Z","event":"plan"'
cp "$out" "$scratch/first"
run 0 -C "$w" rehearse up -o json
cmp -s "$out" "$scratch/first" || fail "two rehearsals of the same differ"

# nothing was written, and no run is there to go on with
find "$w" | grep -v -e '/\.talforge$' -e '/\.talforge/runs' -e '/\.talforge/sim' | sort >"$scratch/after"
cmp -s "$scratch/before" "$scratch/after" || fail "it left: $(diff "$scratch/before" "$scratch/after")"

# it needs no network
if unshare -rn true 2>/dev/null; then
	unshare -rn "$program" -C "$w" rehearse up -q >"$out" 2>"$err" ||
		fail "it wants a network: $(cat "$err")"
else
	echo "no network namespace here: not shown that a rehearsal opens no socket" >&2
fi

# what goes wrong, and what would break
cat >"$scratch/bad.yaml" <<'EOF'
events:
  - {at: 70s, node: worker1, do: power-off}
  - {call: Bootstrap, do: reset-after}
EOF
run 5 -C "$w" rehearse up --scenario "$scratch/bad.yaml" --timeout 1h -o json
one_object rehearse
out_has '"outcome":"partial"'
out_has '"event":"scenario","run":null,"step":null,"op":null,"target":null,"text":"worker1 loses its power"'
out_has 'control0 obeys and breaks the connection: Bootstrap'
out_has '"breaks":["'
run 5 -C "$w" rehearse up --scenario "$scratch/bad.yaml" --timeout 1h
out_has 'what would break:'
grep -q '^1970-01-01T00:01:10Z WARN scenario: worker1 loses its power$' "$err" ||
	fail "the scenario is not told: $(cat "$err")"
run 5 -C "$w" rehearse up --scenario "$scratch/bad.yaml" --timeout 1h --events json
grep -q '"event":"scenario"' "$err" || fail "no event of the scenario"
grep -v '^{.*}$' "$err" && fail "not only JSON lines"

# a seed breaks the same things again
run 0 -C "$w" rehearse up --seed 5 -o json
cp "$out" "$scratch/first"
out_has '"seed":5,"scenario":"events:'
run 0 -C "$w" rehearse up --seed 5 -o json
cmp -s "$out" "$scratch/first" || fail "two rehearsals of one seed differ"

# mistakes
printf 'events:\n  - {at: soon, do: drop}\n' >"$scratch/wrong.yaml"
run 3 -C "$w" rehearse up --scenario "$scratch/wrong.yaml"
err_has 'wrong.yaml:2:10: error: "soon" is no duration'
printf 'events:\n  - {at: 1s, do: drop, node: worker9}\n' >"$scratch/wrong.yaml"
run 3 -C "$w" rehearse up --scenario "$scratch/wrong.yaml"
err_has 'there is no node worker9'
run 3 -C "$w" rehearse up --seed many
err_has 'is no number'
run 3 -C "$w" rehearse status
err_has 'takes a command that changes something'
run 3 -C "$w" rehearse resume
err_has 'rehearse the command itself'

# as the cluster is now: here the one of --sim
run 0 -C "$w" up --sim --yes -q
run 0 -C "$w" rehearse up --live --sim -o json
one_object rehearse
out_has '"failed":0}'
if grep -q '"op":"apply-config"' "$out"; then fail "it installs nodes that run"; fi

# what a healthy cluster could not show: etcd that was never begun, and the system that ran before
run 0 -C "$w" rehearse bootstrap -o json
out_has '"steps":{"done":1,'
run 0 -C "$w" etcd snapshot "$scratch/etcd.db" --sim
run 0 -C "$w" rehearse etcd restore "$scratch/etcd.db" -o json
out_has '"steps":{"done":1,'
run 0 -C "$w" rehearse rollback worker0 --os -o json
out_has '"operation":"rollback --os","outcome":"done"'
