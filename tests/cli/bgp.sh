#!/bin/bash
# bgp.sh PROGRAM SCRATCH: bgp push and bgp status with the simulated router
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

run 0 init "$w" --profile all-control-plane
run 0 -C "$w" up --sim --yes
run 0 -C "$w" bgp status --sim -o json
one_object 'bgp status'
out_has '"current":false,"established":0'
run 0 -C "$w" bgp status --sim
out_has '0 of 6 sessions are established; the router does not run what cluster.yaml says: talforge bgp push'

run 2 -C "$w" bgp push --sim --dry-run -o json
out_has '"op":"router-push"'
run 0 -C "$w" bgp push --sim --yes -o json
one_object 'bgp push'
run 0 -C "$w" bgp push --sim --yes -o json
out_has '"text":"nothing to do: the router runs what cluster.yaml says"'
run 0 -C "$w" bgp status --sim -o json
out_has '"current":true,"established":6'
out_has '"node":"mini02","address":"172.29.51.12","family":"ipv4","asn":64512,"router":"Established","cilium":"established"'
run 0 -C "$w" bgp status --sim
out_has 'mini03  172.29.51.13           Established  established'
out_has 'mini03  fd47:25e1:2f96:51::13  Established  established'
out_has '6 of 6 sessions are established; the router runs what cluster.yaml says'

run 1 -C "$w" bgp push --sim --peer 172.29.51.9
err_has 'no peer of bgp has the address 172.29.51.9'

# a rehearsal begins with a cluster that runs, and needs no password
sed -i '0,/graceful_restart: 120/s//graceful_restart: 120\n      password: {env: BGP_PASSWORD}/' "$w/cluster.yaml"
run 0 -C "$w" rehearse bgp push -o json
one_object rehearse
out_has '"breaks":[]'
out_has 'waits for 6 sessions'
run 0 -C "$w" rehearse cilium apply
out_has 'nothing to do: Cilium is as cluster.yaml says'

# when the router ends the session, whatever it was at, its configuration is the one before
for command in 'vtysh -C -f' 'show bgp summary json' 'write memory'; do
	printf 'events: [{call: "ssh:%s", nth: %d, do: reset-after}]\n' "$command" \
		"$([ "$command" = 'show bgp summary json' ] && echo 3 || echo 1)" >"$scratch/lost.yaml"
	run 1 -C "$w" rehearse bgp push --scenario "$scratch/lost.yaml"
	err_has 'the previous configuration is back'
	out_has 'what would break:'
done
sed -i '/password: {env: BGP_PASSWORD}/d' "$w/cluster.yaml"

# the real way: nobody listens, and who is not known is not asked
sed -i 's/ssh: 172.29.51.1$/ssh: 127.0.0.1:1/' "$w/cluster.yaml"
run 1 -C "$w" bgp status
err_has 'look at the router 127.0.0.1'
exit 0
