#!/bin/bash
# up_hosts.sh PROGRAM SCRATCH: up against served nodes, killed ten times on the way
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
serve "$w" --state maintenance
grep -q '^{"kind":"sim serve","version":1,"nodes":\[{"name":"control1","address":"192.0.2.11","listen":"127.0.0.1:' \
	"$scratch/serve" || fail "sim serve says: $(cat "$scratch/serve")"
mode_is 600 "$w/.talforge/sim/talosconfig"

kills=0
for delay in 0.10 0.20 0.30 0.35 0.40 0.45 0.50 0.60 0.70 0.80; do
	"$program" -C "$w" up --hosts "$hosts" --yes >"$out" 2>"$err" </dev/null &
	pid=$!
	sleep $delay
	kill -KILL $pid 2>/dev/null && kills=$((kills + 1))
	wait $pid 2>/dev/null
done
[ $kills -gt 0 ] || fail "every run ended before it could be killed"
run 0 -C "$w" up --hosts "$hosts" --yes -o json
one_object up
out_has '"outcome":"done"'
run 0 -C "$w" up --hosts "$hosts" --yes -o json
out_has '"outcome":"done","text":"nothing to do: every node is healthy","steps":{"done":0,'
run 0 -C "$w" runs -o json
grep -q '"state":"unfinished"' "$out" && fail "an unfinished run is left: $(cat "$out")"

# the talosconfig that the simulator wrote is as good as our own
run 0 -C "$w" status --hosts "$hosts" --talosconfig "$w/.talforge/sim/talosconfig" -o json
[ "$(grep -o '"stage":"running"' "$out" | wc -l)" = 4 ] || fail "not all nodes run: $(cat "$out")"
TALOSCONFIG=$w/.talforge/sim/talosconfig run 0 -C "$w" status --hosts "$hosts"
out_has running

# nodes of another cluster are not touched
other=$scratch/other
workspace "$other"
rm "$other/talsecret.yaml"
run 0 -C "$other" secrets new
run 7 -C "$other" up --hosts "$hosts" --yes -o json
one_object up
out_has '"outcome":"failed"'
err_has 'control1 (192.0.2.11) is configured, but not for us'
run 0 -C "$w" up --hosts "$hosts" --yes -o json
out_has '"steps":{"done":0,'

kill -TERM "${jobs[-1]}"
wait "${jobs[-1]}" || fail "sim serve ended with $?"
jobs=()
