#!/usr/bin/env bash
# The Kubernetes client against a real API server and the simulated one: run.sh PROGRAM TALFORGE
# [CASE]...
#
# PROGRAM is the built peer_kube, TALFORGE the built talforge, which serves the simulated API; both
# must give the same results. The API server and etcd are built once with Go into
# ${XDG_CACHE_HOME:-~/.cache}/talforge-peer (minutes, and network for the modules), and run on the
# loopback in a folder of their own; both are ended here. Without Go nothing is tested, and said.
set -euo pipefail

version=1.36.3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${1:?run.sh PROGRAM TALFORGE [CASE]...}
talforge=${2:?run.sh PROGRAM TALFORGE [CASE]...}
shift 2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/kube-$version/bin
names=k8s.io/component-base/version

build() { # NAME PACKAGE
	[ -x "$cache/$1" ] && return
	echo "peer kube: building $1, which takes a while" >&2
	mkdir -p "$cache"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -o "$cache/$1.new" -ldflags "-s -w \
		-X $names.gitVersion=v$version -X $names.gitMajor=1 -X $names.gitMinor=36" "$2")
	mv "$cache/$1.new" "$cache/$1"
}

if ! [ -x "$cache/kube-apiserver" ] && ! command -v go >/dev/null; then
	echo "peer kube: NOT TESTED, Go is not installed"
	exit 0
fi
build etcd go.etcd.io/etcd/server/v3
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver

work=$(mktemp -d)
pids=()
# shellcheck disable=SC2317 # the trap calls it
finish() {
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true # nothing of them is kept
	done
	for pid in "${pids[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT

free_port() {
	local port
	for port in $(shuf -i 20000-32000 -n 50); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
			echo "$port"
			return
		}
	done
	return 1
}

make_ca() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.crt" 2>/dev/null
}

make_cert() { # NAME SUBJECT EXTENSIONS
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" \
		-keyout "$work/$1.key" -out "$work/$1.csr" 2>/dev/null
	openssl x509 -req -in "$work/$1.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" \
		-CAcreateserial -days 2 -extfile <(printf '%s\n' "$3") -out "$work/$1.crt" 2>/dev/null
}

make_ca ca
make_cert server /CN=kube-apiserver \
	$'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth'
make_cert admin /O=system:masters/CN=talforge $'extendedKeyUsage=clientAuth'
openssl genrsa -out "$work/sa.key" 2048 2>/dev/null

client=$(free_port)
peer=$(free_port)
port=$(free_port)

"$cache/etcd" --data-dir "$work/etcd" --listen-client-urls "http://127.0.0.1:$client" \
	--advertise-client-urls "http://127.0.0.1:$client" \
	--listen-peer-urls "http://127.0.0.1:$peer" \
	--initial-advertise-peer-urls "http://127.0.0.1:$peer" \
	--initial-cluster "default=http://127.0.0.1:$peer" --unsafe-no-fsync \
	>"$work/etcd.log" 2>&1 &
pids+=($!)
"$cache/kube-apiserver" --etcd-servers "http://127.0.0.1:$client" \
	--bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$port" \
	--tls-cert-file "$work/server.crt" --tls-private-key-file "$work/server.key" \
	--client-ca-file "$work/ca.crt" --cert-dir "$work" \
	--service-account-issuer https://kubernetes.default.svc \
	--service-account-key-file "$work/sa.key" --service-account-signing-key-file "$work/sa.key" \
	--endpoint-reconciler-type none --disable-admission-plugins ServiceAccount \
	--authorization-mode Node,RBAC --service-cluster-ip-range 10.96.0.0/16 \
	>"$work/apiserver.log" 2>&1 &
pids+=($!)

status=0
timeout 300 "$program" 127.0.0.1 "$port" "$work/ca.crt" "$work/admin.crt" "$work/admin.key" "$@" \
	>"$work/real" || status=$?
cat "$work/real"
if [ "$status" -ne 0 ]; then
	tail -n 20 "$work/apiserver.log" >&2
	echo "peer kube: FAILED against Kubernetes v$version"
	exit "$status"
fi

"$talforge" init "$work/ws" -p all-control-plane >"$work/sim.log" 2>&1
"$talforge" -C "$work/ws" sim serve --state running >"$work/sim.log" 2>&1 &
pids+=($!)
for _ in $(seq 1 300); do
	grep -q Ctrl-C "$work/sim.log" && break
	kill -0 "${pids[-1]}" 2>/dev/null || break
	read -rt 0.1 <> <(:) || true
done
of_config() { # KEY
	sed -n "s/^ *$1: *//p" "$work/ws/.talforge/sim/kubeconfig"
}
of_config certificate-authority-data | base64 -d >"$work/sim-ca.crt"
of_config client-certificate-data | base64 -d >"$work/sim-admin.crt"
of_config client-key-data | base64 -d >"$work/sim-admin.key"
address=$(of_config server)
timeout 300 "$program" 127.0.0.1 "${address##*:}" "$work/sim-ca.crt" "$work/sim-admin.crt" \
	"$work/sim-admin.key" "$@" >"$work/simulated" || status=$?
if [ "$status" -ne 0 ] || ! diff "$work/real" "$work/simulated" >&2; then
	tail -n 20 "$work/simulated" >&2
	echo "peer kube: FAILED against the simulated API"
	exit 1
fi
echo "peer kube: ok, alike against Kubernetes v$version and the simulated API"
