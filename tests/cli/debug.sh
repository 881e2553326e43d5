#!/bin/bash
# debug.sh PROGRAM SCRATCH: --debug tells of each call, and of no secret
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
serve "$w"
run 0 -C "$w" up --hosts "$hosts" --yes --debug
err_has '/machine.MachineService/ApplyConfiguration took '
grep -Eq '^debug: 192\.0\.2\.11:50000: /machine\.MachineService/Bootstrap took [0-9]+ ms$' "$err" ||
	fail "nothing about Bootstrap: $(grep ^debug "$err" | tail -n 5)"
grep -q '^debug: 192.0.2.50:6443: GET /' "$err" || fail "nothing about Kubernetes"
while read -r secret; do
	err_lacks "$secret"
done < <(sed -En 's/^ *(key|secret|token|secretboxencryptionsecret|bootstraptoken): *//p' "$w/talsecret.yaml")
run 0 -C "$w" status --hosts "$hosts" --debug --quiet -o json
one_object status
err_has 'debug: '
run 0 -C "$w" up --hosts "$hosts" --yes --debug --events json
grep -v '^{.*}$' "$err" && fail "not only JSON lines"
err_has '"event":"debug"'
run 0 -C "$w" status --hosts "$hosts"
err_lacks 'debug: '
# a call that fails says how, and a rehearsal has calls, too
sed 's/127.0.0.1:[0-9]*/127.0.0.1:1/' "$hosts" >"$scratch/nobody"
run 0 -C "$w" status --hosts "$scratch/nobody" --debug
err_has 'connection refused'
TALFORGE_DEBUG=true run 0 -C "$w" rehearse up
err_has '/machine.MachineService/Bootstrap took '
