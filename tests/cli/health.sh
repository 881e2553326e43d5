#!/bin/bash
# health.sh PROGRAM SCRATCH: gates with verdicts, before a cluster is up, after, and with a node gone
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"

run 1 -C "$w" health --sim --timeout 1s -o json
one_object health
out_has '"id":"etcd","target":"","verdict":"failed"'
out_has '"id":"vip","target":"","verdict":"unknown"'
out_lacks '"verdict":"ok"'

run 0 -C "$w" up --sim --yes
run 0 -C "$w" health --sim
out_lacks failed
run 0 -C "$w" health --sim -o json
one_object health
out_lacks '"verdict":"failed"'
out_lacks '"verdict":"unknown"'

# a node that is not part of it
serve "$w" --state running
sed -i '0,/127.0.0.1:[0-9]*/s//127.0.0.1:1/' "$hosts"
run 1 -C "$w" health --hosts "$hosts" --timeout 2s -o json
one_object health
out_has '"verdict":"failed"'
out_has '"verdict":"ok"'
out_has 'connection refused'
run 3 -C "$w" health --sim --timeout soon
