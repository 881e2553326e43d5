#!/bin/bash
# health.sh PROGRAM SCRATCH: gates with verdicts, before a cluster is up, after, and with a node gone
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"

run 1 -C "$w" health --sim --timeout 1s -o json
one_object health
out_has '"id":"etcd","target":"","verdict":"failed"'
out_has '"id":"vip","target":"","verdict":"failed"'
out_has '"id":"nodes-ready","target":"","verdict":"failed"'
out_lacks '"verdict":"ok"'

run 0 -C "$w" up --sim --yes
run 0 -C "$w" health --sim
out_lacks failed
run 0 -C "$w" health --sim -o json
one_object health
out_lacks '"verdict":"failed"'
out_lacks '"verdict":"unknown"'

# expressions of the user's own: one holds, one names a field that is not there
cat >>"$w/cluster.yaml" <<'EOF'
upgrade:
  health_checks:
  - {apiVersion: v1, kind: Node, expr: 'has(object.spec)'}
  - {apiVersion: v1, kind: Node, name: control1, expr: 'status.colour == "green"'}
EOF
run 1 -C "$w" health --sim --timeout 2s -o json
out_has '"id":"cel-check","target":"","verdict":"ok"'
out_has '"id":"cel-check","target":"","verdict":"failed","text":"Node control1: the expression has no answer: 1:8: status has no field \"colour\""'
sed -i 's/status.colour == "green"/status.colour ==/' "$w/cluster.yaml"
run 3 -C "$w" health --sim
err_has 'cluster.yaml:'
sed -i '/^upgrade:/,$d' "$w/cluster.yaml"

# a node that is not part of it
serve "$w" --state running
sed -i '0,/127.0.0.1:[0-9]*/s//127.0.0.1:1/' "$hosts"
run 1 -C "$w" health --hosts "$hosts" --timeout 2s -o json
one_object health
out_has '"verdict":"failed"'
out_has '"verdict":"ok"'
out_has 'connection refused'
run 3 -C "$w" health --sim --timeout soon
