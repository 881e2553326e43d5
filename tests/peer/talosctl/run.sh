#!/usr/bin/env bash
# The official talosctl against simulated nodes: run.sh PROGRAM
#
# PROGRAM is the built talforge. It serves a running cluster on the nodes' own addresses in a
# network namespace (which needs root). talosctl is built once with Go into
# ${XDG_CACHE_HOME:-~/.cache}/talforge-peer, or taken from TALOSCTL. Without Go, talosctl or root
# nothing is tested, and said.
set -euo pipefail

version=1.13.9
next=1.13.10
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/talosctl-$version
talosctl=${TALOSCTL:-$cache/talosctl}

skip() {
	echo "peer talosctl: NOT TESTED, $1"
	exit 0
}

if ! [ -x "$talosctl" ]; then
	command -v go >/dev/null || skip "Go is not installed"
	echo "peer talosctl: building talosctl, which takes a while" >&2
	mkdir -p "$cache"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cache/talosctl.new" \
		github.com/siderolabs/talos/cmd/talosctl) || skip "talosctl cannot be built here"
	mv "$cache/talosctl.new" "$talosctl"
fi
if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null; then
	skip "network namespaces need root and ip"
fi

work=$(mktemp -d)
space=talforge-peer-$$
server=
finish() {
	if [ -n "$server" ]; then
		kill -KILL "$server" 2>/dev/null || true # nothing of it is kept
		wait "$server" 2>/dev/null || true
	fi
	ip netns del "$space" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
ip netns add "$space" 2>/dev/null || skip "network namespaces cannot be made here"
ip -n "$space" link set lo up

checks=0
bad=0
# check WHAT PATTERN COMMAND...: it succeeds and says so
check() {
	local what=$1 pattern=$2 said
	shift 2
	checks=$((checks + 1))
	if ! said=$("$@" 2>&1) || ! grep -Eq -- "$pattern" <<<"$said"; then
		bad=$((bad + 1))
		echo "peer talosctl: FAILED, $what" >&2
		head -5 <<<"$said" >&2
	fi
}
# COMMAND... is refused
fails() {
	! "$@"
}
# PATTERN COMMAND...: it says so, however it ends
says() {
	local pattern=$1 said
	shift
	said=$("$@" 2>&1) || true
	echo "$said"
	tr '\n' ' ' <<<"$said" | grep -Eq -- "$pattern"
}
inside() {
	timeout -k 5 40 ip netns exec "$space" "$@"
}
ask() { # NODES COMMAND...
	local nodes=$1
	shift
	inside "$talosctl" --talosconfig "$work/ws/.talforge/sim/talosconfig" \
		--endpoints "${all%%,*}" --nodes "$nodes" "$@"
}

"$program" init "$work/ws" -p all-control-plane >"$work/said" 2>&1
nodes=$(sed -n 's/^ *address: *\[\([0-9.]*\),.*/\1/p' "$work/ws/nodes.yaml")
all=$(paste -sd, <<<"$nodes")
one=$(head -1 <<<"$nodes")
two=$(sed -n 2p <<<"$nodes")
kubernetes=$(sed -n 's/^kubernetes_version: *v//p' "$work/ws/cluster.yaml")
shared=$(sed -n 's/^cluster_api_addr: *//p' "$work/ws/cluster.yaml")
# the shared address stays where all of them are: on the one machine
for address in $nodes $shared; do
	ip -n "$space" addr add "$address/32" dev lo
done

serve() { # STATE
	: >"$work/log"
	ip netns exec "$space" "$program" -C "$work/ws" sim serve --listen node --pace calm \
		--state "$1" >"$work/log" 2>&1 &
	server=$!
	for _ in $(seq 1 100); do
		grep -q Ctrl-C "$work/log" && return
		kill -0 "$server" 2>/dev/null || break
		read -rt 0.1 <> <(:) || true
	done
	cat "$work/log" >&2
	exit 1
}
stop() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
}
# COMMAND...: again and again, until it succeeds or half a minute is over
becomes() {
	for _ in $(seq 1 60); do
		"$@" && return
		read -rt 0.5 <> <(:) || true
	done
	return 1
}
# what COMMAND... said before it was ended after two seconds, because it goes on for ever
first_of() {
	inside timeout 2 "$talosctl" --talosconfig "$work/ws/.talforge/sim/talosconfig" \
		--endpoints "${all%%,*}" "$@" || [ $? = 124 ]
}

serve running
check "version" "Tag: *v$version" ask "$all" version
check "version names the nodes" "NODE: *$two" ask "$all" version
check "services" "etcd +Running +OK" ask "$all" services
check "etcd members" "https://$one:2380" ask "$all" etcd members
check "etcd status" "3\.6" ask "$all" etcd status
check "etcd alarm list" "" ask "$all" etcd alarm list
check "etcd defrag" "" ask "$two" etcd defrag
check "etcd forfeit-leadership" "" ask "$one" etcd forfeit-leadership
check "etcd snapshot" "etcd snapshot saved" ask "$one" etcd snapshot "$work/etcd.db"
check "etcd snapshot tells its revision" "revision 1[0-9]{3}" ask "$one" etcd snapshot "$work/2.db"
check "kubeconfig" "" ask "$one" kubeconfig "$work/kubeconfig"
check "the kubeconfig" "certificate-authority-data" cat "$work/kubeconfig"
check "dmesg" "\[talos\] service" ask "$one" dmesg
check "logs" "Started task etcd" ask "$all" logs etcd
check "memory" "$one" ask "$all" memory
check "containers" "apid" ask "$one" containers
check "service restart" "restarted" ask "$one" service kubelet restart
check "get, of every definition" "machinestatuses.runtime.talos.dev" ask "$one" get rd
check "get, of namespaces" "runtime" ask "$one" get namespaces
check "get, by an alias" "running +true" ask "$all" get machinestatus
check "get, one as YAML" "cniName: none" ask "$one" get bootstrapmanifestsconfigs -o yaml
check "get, members" "$two" ask "$one" get members
check "get, the config" "clusterName" ask "$one" get machineconfig v1alpha1 -o yaml
check "get, disks" "/|GB" ask "$one" get disks
for type in links addresses hostname extensions staticpodstatus services volumestatus; do
	check "get, $type" "NODE" ask "$one" get "$type"
done
check "get, what there is not" "" fails ask "$one" get nothing-of-the-kind
check "get, watched" "running +true" first_of --nodes "$one" get machinestatus --watch
check "events" "MachineStatusEvent" first_of --nodes "$one" events --tail -1
check "events, the last ones" "talos/runtime" first_of --nodes "$one" events --tail 3
check "events, of a while" "talos/runtime" first_of --nodes "$one" events --duration 60s
check "health --server=false" "to report schedulable: OK" ask "$one" health --server=false \
	--wait-timeout 20s
"$program" -C "$work/ws" render >"$work/said" 2>&1
config=$(find "$work/ws/clusterconfig" -name '*mini01.yaml')
check "apply-config" "Applied configuration" ask "$one" apply-config -f "$config" --mode no-reboot
check "apply-config, a dry run" "" ask "$one" apply-config -f "$config" --dry-run
check "apply-config, of nonsense" "" fails ask "$one" apply-config -f "$0"
check "patch" "\+ +net.core.somaxconn" ask "$one" patch mc --dry-run \
	--patch '{"machine":{"sysctls":{"net.core.somaxconn":"4096"}}}'
check "get, manifests" "11-core-dns" ask "$one" get manifests
check "get, what runs the kubelet" "kubelet:v$kubernetes" ask "$one" get kubeletspec kubelet -o yaml
# what the nodes have made of manifests is what applying them would make
check "upgrade-k8s, a dry run" "unchanged Deployment/kube-system/coredns" ask "$one" upgrade-k8s \
	--dry-run --from "$kubernetes" --to "$kubernetes"
# it writes its inventory in a form that the simulated API does not take: all before that goes well
check "upgrade-k8s" "updating manifests" says "updating kubelet.*successfully updated.*updating manifests" \
	ask "$one" upgrade-k8s --from "$kubernetes" --to "$kubernetes"
check "reboot" "post check passed" ask "$one" reboot --timeout 35s
check "upgrade, drained" "post check passed" ask "$two" upgrade --timeout 35s \
	--image "ghcr.io/siderolabs/installer:v$next"
check "the upgrade's version" "Tag: *v$next" ask "$two" version
check "rollback" "" ask "$two" rollback
check "the rollback's version" "Tag: *v$version" becomes says "Server:.*Tag: *v$version" \
	ask "$two" version
check "health after a rollback" "to report schedulable: OK" ask "$one" health --server=false \
	--wait-timeout 30s
check "upgrade, the old way" "post check passed" ask "$two" upgrade --legacy --timeout 35s \
	--image "ghcr.io/siderolabs/installer:v$next"
check "reset, of its data" "post check passed" ask "$two" reset --reboot --timeout 35s \
	--system-labels-to-wipe EPHEMERAL
check "health after all that" "to report schedulable: OK" ask "$one" health --server=false \
	--wait-timeout 30s
check "etcd leave" "" ask "$two" etcd leave
check "reboot, not waited for" "" ask "$one" reboot --wait=false
stop

serve maintenance
check "get --insecure" "maintenance" inside "$talosctl" get machinestatus --insecure --nodes "$one"
check "apply-config --insecure" "Applied configuration" inside "$talosctl" apply-config \
	--insecure --nodes "$one" --file "$config"
check "version of what was installed" "Tag: *v$version" becomes ask "$one" version
# what answered is not always ready for it yet
check "bootstrap" "" becomes ask "$one" bootstrap
check "etcd runs" "https://$one:2380" becomes says "https://$one:2380" ask "$one" etcd members
check "reset of everything" "" ask "$one" reset --reboot --graceful=false --timeout 35s
stop

serve maintenance
check "apply-config --insecure, again" "Applied configuration" inside "$talosctl" apply-config \
	--insecure --nodes "$one" --file "$config"
check "bootstrap from a snapshot" "recovering from snapshot" becomes ask "$one" bootstrap \
	--recover-from="$work/etcd.db"
check "etcd runs on it" "https://$one:2380" becomes says "https://$one:2380" ask "$one" etcd members
check "its revision" "revision 1[0-9]{3}" becomes ask "$one" etcd snapshot "$work/3.db"
stop

if [ "$bad" != 0 ]; then
	echo "peer talosctl: $bad of $checks checks FAILED" >&2
	exit 1
fi
echo "peer talosctl: ok, $checks checks with talosctl $version"
