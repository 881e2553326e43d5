#!/bin/bash
# network.sh PROGRAM SCRATCH: what is rendered for Cilium and for the router
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w

run 0 init "$w" --profile all-control-plane
run 0 -C "$w" cilium render
out_has 'kind: CiliumBGPClusterConfig'
out_has 'kind: Job'
out_has 'k8sServicePort: 7445'
run 0 -C "$w" cilium render --part values
out_has 'acceleration: disabled'
out_lacks 'kind:'
run 0 -C "$w" cilium render --part resources
out_has 'name: bgp-ingress'
out_lacks 'kind: Job'
run 0 -C "$w" cilium render -o json
one_object 'cilium render'

run 0 -C "$w" bgp render
out_has 'router bgp 64513'
out_has ' neighbor 172.29.51.13 peer-group K8S4'
out_lacks 'frr defaults'
run 0 -C "$w" bgp render --neighbors range
out_has ' bgp listen range 172.29.51.0/24 peer-group K8S4'
run 0 -C "$w" bgp render -o json
one_object 'bgp render'
run 1 -C "$w" bgp render --peer 172.29.51.9
err_has 'no peer of bgp has the address 172.29.51.9'

# passwords are read, and shown, only when they are asked for
sed -i 's/graceful_restart: 120/graceful_restart: 120\n      password: {file: bgp-password}/' "$w/cluster.yaml"
run 0 -C "$w" bgp render
out_has ' password ***'
run 1 -C "$w" bgp render --show-secrets
err_has bgp-password
printf 'hunter2\n' >"$w/bgp-password"
chmod 644 "$w/bgp-password"
run 4 -C "$w" bgp render --show-secrets
err_has 'others can read'
chmod 600 "$w/bgp-password"
run 0 -C "$w" bgp render --show-secrets
out_has ' neighbor K8S4 password hunter2'
run 0 -C "$w" cilium render --part resources
out_has "password: '***'"
out_lacks hunter2
run 0 -C "$w" cilium render --part resources --show-secrets
out_has 'password: hunter2'
run 0 -C "$w" cilium render --part resources -o json
out_lacks hunter2
sed -i 's/{file: bgp-password}/{env: BGP_PASSWORD}/' "$w/cluster.yaml"
BGP_PASSWORD=swordfish run 0 -C "$w" bgp render --show-secrets
out_has 'password swordfish'
sed -i 's/{env: BGP_PASSWORD}/{command: "echo open-sesame"}/' "$w/cluster.yaml"
run 0 -C "$w" bgp render --show-secrets
out_has 'password open-sesame'

# a template of the workspace wins
mkdir "$w/templates"
printf 'as {{asn}}\n' >"$w/templates/router.conf.mustache"
run 0 -C "$w" bgp render
[ "$(cat "$out")" = 'as 64513' ] || fail "not the workspace's template: $(cat "$out")"

run 0 init "$scratch/v" --profile vip-and-workers
run 0 -C "$scratch/v" cilium render --part resources
out_has 'kind: CiliumL2AnnouncementPolicy'
run 1 -C "$scratch/v" bgp render
err_has 'cluster.yaml has no BGP'
run 0 -C "$scratch/v" cilium render --part values
out_has 'mode: dsr'
echo 'cilium_loadbalancer_mode: snat' >>"$scratch/v/cluster.yaml"
run 0 -C "$scratch/v" cilium render --part values
out_has 'mode: snat'

# the virtual address is on control planes only, with every contract
sed -i 's/^kubernetes_version: .*/kubernetes_version: v1.34.2/' "$scratch/v/cluster.yaml"
run 0 -C "$scratch/v" migrate --to v1.14 --write "$scratch/v14"
for talos in v1.11.6 v1.13.9 v1.14.0; do
	w=$scratch/v
	[ "$talos" != v1.14.0 ] || w=$scratch/v14
	sed -i "s/^talos_version: .*/talos_version: $talos/" "$w/cluster.yaml"
	run 0 -C "$w" render -q
	for node in control0 control1 worker0 worker1 worker2; do
		config=$w/clusterconfig/kubernetes-$node.yaml
		vip=$(grep -cE '^(name| +ip): 10\.0\.50\.50$' "$config")
		case $node in
		control*) [ "$vip" = 1 ] || fail "$node has the virtual address $vip times with $talos" ;;
		*) [ "$vip" = 0 ] || fail "the worker $node has the virtual address with $talos" ;;
		esac
	done
done

# the IPv6 address that a session needs is on the NIC that has IPv4 by DHCP
run 0 init "$scratch/six" --profile all-control-plane
run 0 -C "$scratch/six" render -q
grep -q 'fd47:25e1:2f96:51::12/64' "$scratch/six/clusterconfig/home-mini02.yaml" || fail "mini02 has no IPv6 address"
sed -i 's/      ipv6: false/      ipv6: true/' "$scratch/six/cluster.yaml"
run 0 -C "$scratch/six" render -q
grep -q 'fd47:25e1:2f96:51::12/64' "$scratch/six/clusterconfig/home-mini02.yaml" && fail "an address beside DHCPv6"
exit 0
