#!/bin/bash
# sim_kubectl.sh PROGRAM SCRATCH: the Kubernetes API of served nodes, asked by kubectl or curl
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
serve "$w" --state running
grep -q ':6443 127.0.0.1:' "$hosts" || fail "the hosts file has no Kubernetes API: $(cat "$hosts")"
kubeconfig=$w/.talforge/sim/kubeconfig
mode_is 600 "$kubeconfig"
grep -q 'tls-server-name: 192.0.2.50' "$kubeconfig" || fail "the kubeconfig names another server"
answer=$scratch/answer

# has TEXT: what was answered last has it
has() {
	grep -qF -e "$1" "$answer" || fail "the answer does not have $1: $(cat "$answer")"
}

# field NAME: of the kubeconfig, decoded
field() {
	sed -n "s/^ *$1: //p" "$kubeconfig" | base64 -d
}

with_curl() {
	field certificate-authority-data >"$scratch/ca.pem"
	field client-certificate-data >"$scratch/cert.pem"
	(umask 077 && field client-key-data >"$scratch/key.pem")
	local socket port
	socket=$(sed -n 's/^192.0.2.50:6443 \([^ ]*\).*/\1/p' "$hosts")
	port=${socket##*:}
	ask() {
		curl -s --http2 --max-time 20 --cacert "$scratch/ca.pem" --cert "$scratch/cert.pem" \
			--key "$scratch/key.pem" --connect-to "192.0.2.50:6443:127.0.0.1:$port" "$@" >"$answer"
	}
	ask https://192.0.2.50:6443/api/v1/nodes || fail "curl ended with $?"
	has '"kind":"NodeList"'
	has '"name":"worker1"'
	ask -X PATCH -H 'content-type: application/merge-patch+json' -d '{"spec":{"unschedulable":true}}' \
		https://192.0.2.50:6443/api/v1/nodes/worker1 || fail "curl ended with $?"
	has '"unschedulable":true'
	curl -s --http2 --max-time 20 --cacert "$scratch/ca.pem" \
		--connect-to "192.0.2.50:6443:127.0.0.1:$port" https://192.0.2.50:6443/api/v1/nodes >"$answer" ||
		fail "curl without a certificate ended with $?"
	has '"reason":"Unauthorized"'
	if curl -s --max-time 20 --connect-to "192.0.2.50:6443:127.0.0.1:$port" \
		https://192.0.2.50:6443/version >"$answer"; then
		fail "curl trusted a server whose authority it does not know"
	fi
}

# k ARGUMENT...: kubectl must succeed
k() {
	KUBECONFIG=$kubeconfig timeout 60 kubectl --cache-dir="$scratch/cache" "$@" >"$answer" 2>&1 ||
		fail "kubectl $*: $(cat "$answer")"
}

with_kubectl() {
	k get nodes -o name
	has node/control1
	has node/worker1
	k get pods -A -l k8s-app=kube-apiserver -o name
	[ "$(wc -l <"$answer")" = 3 ] || fail "not three API servers: $(cat "$answer")"
	cat >"$scratch/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      tolerations: [{operator: Exists}]
      containers: [{name: web, image: "web:1"}]
YAML
	k apply --server-side -f "$scratch/web.yaml"
	has 'serverside-applied'
	k rollout status deployment web --timeout=20s
	sed -i 's/replicas: 2/replicas: 3/' "$scratch/web.yaml"
	if KUBECONFIG=$kubeconfig timeout 60 kubectl apply --server-side --field-manager=other \
		-f "$scratch/web.yaml" >"$answer" 2>&1; then
		fail "another manager took a field without force: $(cat "$answer")"
	fi
	has 'conflict with "kubectl"'
	k scale deployment web --replicas=3
	k cordon worker1
	k get node worker1 -o 'jsonpath={.spec.unschedulable}'
	has true
	k drain worker1 --ignore-daemonsets --timeout=30s
	has 'drained'
	k get pods --field-selector spec.nodeName=worker1 -o name
	[ ! -s "$answer" ] || fail "pods are left on worker1: $(cat "$answer")"
	k uncordon worker1
	k wait --for=condition=Available deployment/web --timeout=20s
	KUBECONFIG=$kubeconfig timeout 60 kubectl get configmap -w -o name >"$scratch/watched" 2>&1 &
	jobs+=($!)
	printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen, namespace: default}\n' >"$scratch/seen.yaml"
	k create -f "$scratch/seen.yaml"
	for ((i = 0; i < 100; i++)); do
		grep -q configmap/seen "$scratch/watched" && break
		sleep 0.05
	done
	grep -q configmap/seen "$scratch/watched" || fail "the watch did not tell: $(cat "$scratch/watched")"
	kill "${jobs[-1]}"
	wait "${jobs[-1]}" 2>/dev/null
	unset 'jobs[-1]'
	k delete deployment web
}

if command -v curl >/dev/null && curl --version | grep -q HTTP2; then
	with_curl
else
	echo "no curl with HTTP/2: skipped" >&2
fi
if command -v kubectl >/dev/null; then
	with_kubectl
else
	echo "no kubectl: skipped" >&2
fi
kill -TERM "${jobs[-1]}"
wait "${jobs[-1]}" || fail "sim serve ended with $?"
jobs=()
