#!/bin/bash
# helm.sh PROGRAM SCRATCH: Cilium by the user's helm: what it is given, and what is said when it fails
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
net=127.$((RANDOM % 200 + 20)).$((RANDOM % 250))

# A helm that writes down how it was called, and does what $scratch/helm.does says.
mkdir -p "$scratch/bin"
cat >"$scratch/bin/helm" <<EOF
#!/bin/bash
echo "\$*" >>"$scratch/helm.called"
cat >"$scratch/helm.values"
. "$scratch/helm.does"
EOF
chmod 755 "$scratch/bin/helm"
with_helm=$scratch/bin:$PATH

# one node, served on its own address: helm knows no detours
workspace "$w"
cat >"$w/cluster.yaml" <<EOF
cluster_name: lab
node_cidr: $net.0/24
node_default_gateway: $net.1
cluster_api_addr: $net.11
vip: none
cluster_pod_cidr: 10.42.0.0/16
cluster_svc_cidr: 10.43.0.0/16
cni: cilium
cilium: {version: 1.20.1, values: {debug: {enabled: true}}}
schedule_on_controllers: true
talos_version: v1.13.9
kubernetes_version: v1.36.3
EOF
echo "nodes: [{name: one, address: $net.11, controller: true, disk: /dev/sda}]" >"$w/nodes.yaml"
serve "$w" --state maintenance --listen node

# it fails: its last words are told, and its exit code
echo 'echo "first words" >&2; echo "Error: cannot re-use a name that is still in use" >&2; exit 3' \
	>"$scratch/helm.does"
PATH=$with_helm run 1 -C "$w" up --yes --timeout 2m
err_has 'helm ends with 3: Error: cannot re-use a name that is still in use'
err_lacks 'first words'
called='upgrade --install cilium cilium --repo https://helm.cilium.io/ --version 1.20.1'
called+=" --namespace kube-system --kubeconfig $w/kubeconfig --values -"
[ "$(sort -u "$scratch/helm.called")" = "$called" ] || fail "helm was called so: $(cat "$scratch/helm.called")"
run 0 -C "$w" cilium render --part values
diff "$out" <(sed 's/^\( *\)\1/\1/' "$scratch/helm.values") >&2 || fail "helm was given other values"
grep -q 'debug:' "$scratch/helm.values" || fail "the values of cluster.yaml are not there"

# it ends well: the run waits for the agents, which this helm does not bring
echo 'exit 0' >"$scratch/helm.does"
PATH=$with_helm run 6 -C "$w" up --yes --timeout 5s
err_has 'Cilium is not installed'

# who has no helm has a Job
run 0 -C "$w" cilium apply --yes --timeout 1m
run 0 -C "$w" cilium status -o json
out_has '"ready":true'
sed -i 's/debug: {enabled: true}/debug: {enabled: false}/' "$w/cluster.yaml"
run 2 -C "$w" cilium apply --dry-run
out_has 'other values for Cilium 1.20.1, by a Job'
PATH=$with_helm run 2 -C "$w" cilium apply --dry-run
out_has 'other values for Cilium 1.20.1, by helm'
exit 0
