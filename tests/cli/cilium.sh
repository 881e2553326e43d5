#!/bin/bash
# cilium.sh PROGRAM SCRATCH: up ends with a network, cilium apply changes it, cilium status tells of it
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

# row NAME STATE: the table has that line
row() {
	grep -Eq "^$1 +$2 " "$out" || fail "$1 is not $2"
}

run 0 init "$w" --profile all-control-plane
run 1 -C "$w" cilium apply --sim --yes
err_has 'the cluster is not up'
err_has 'talforge up'
run 0 -C "$w" up --sim --yes -o json
one_object up
run 0 -C "$w" up --sim --yes -o json
out_has '"steps":{"done":0,'

run 0 -C "$w" cilium status --sim
row 'DaemonSet cilium' ready
row 'CiliumBGPClusterConfig nodes' applied
grep -Eq '^mini03 +172.29.51.1 +established +1$' "$out" || fail "no session of mini03 over IPv4"
row 'Cilium 1.20.1 and its values' applied
out_lacks 'talforge cilium apply'
run 0 -C "$w" cilium status --sim -o json
one_object 'cilium status'
out_has '"ready":true,"note":null,"current":true'

run 0 -C "$w" cilium apply --sim --dry-run
run 0 -C "$w" cilium apply --sim --yes -o json
one_object 'cilium apply'
out_has '"steps":{"done":0,'

# what differs is shown, changed, and then there is nothing to do
sed -i 's/stop: 172.29.52.199/stop: 172.29.52.198/; s/acceleration: disabled/acceleration: best-effort/' "$w/cluster.yaml"
run 0 -C "$w" cilium status --sim
row 'CiliumLoadBalancerIPPool bgp-default' differs
row 'Cilium 1.20.1 and its values' differs
out_has 'not as cluster.yaml says: talforge cilium apply'
run 2 -C "$w" cilium apply --sim --dry-run -o json
out_has '"op":"cilium-install"'
out_has '"resources":["CiliumLoadBalancerIPPool bgp-default"]'
out_has '"with":"job"'
run 0 -C "$w" cilium apply --sim --yes
run 0 -C "$w" cilium status --sim
row 'CiliumLoadBalancerIPPool bgp-default' applied
run 0 -C "$w" cilium apply --sim --yes -o json
out_has '"steps":{"done":0,'

# a password becomes a Secret, and is in nothing that is printed or kept
sed -i 's/graceful_restart: 120/graceful_restart: 120\n      password: {env: BGP_PASSWORD}/' "$w/cluster.yaml"
run 1 -C "$w" cilium apply --sim --yes
err_has 'BGP_PASSWORD is not set'
export BGP_PASSWORD=sword-and-fish
run 0 -C "$w" cilium apply --sim --yes
out_lacks sword-and-fish
err_lacks sword-and-fish
run 0 -C "$w" cilium status --sim -o json
out_has 'Secret bgp-router-1'
out_lacks sword-and-fish
grep -rqs sword-and-fish "$w/.talforge" && fail "the password is in a journal"
run 0 -C "$w" cilium apply --sim --yes -o json
out_has '"steps":{"done":0,'

# two network plugins are one too many
sed -i 's/^cni: cilium/cni: flannel/' "$w/cluster.yaml"
run 4 -C "$w" cilium apply --sim --yes
err_has 'two network plugins'
exit 0
