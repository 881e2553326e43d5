#!/usr/bin/env bash
# What rendering costs, beside others that do the same:
#	render.sh BUILD_DIR [--nodes N] [--runs N] [--talhelper PATH] [--talosctl PATH]
#
# A thousand nodes with five patches for all and one of their role, from a bundle that is there;
# then the same with nothing changed; then `gen config`. The peers' programs get the same patches,
# addresses and secrets, and are run in turn with ours. Without them only ours is measured. BUILD_DIR
# holds a release build.
set -euo pipefail

build=$(realpath "${1:?render.sh BUILD_DIR [--nodes N] [--runs N] [--talhelper PATH] [--talosctl PATH]}")
shift
nodes=1000 runs=7 talhelper=${TALHELPER:-} talosctl=${TALOSCTL:-}
while [ $# -gt 1 ]; do
	case $1 in
	--nodes) nodes=$2 ;;
	--runs) runs=$2 ;;
	--talhelper) talhelper=$(realpath "$2") ;;
	--talosctl) talosctl=$(realpath "$2") ;;
	*)
		echo "render.sh: there is no option $1" >&2
		exit 3
		;;
	esac
	shift 2
done
talforge=$build/talforge
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

patches() { # DIR
	mkdir -p "$1/global" "$1/controller" "$1/worker"
	cat >"$1/global/1-sysctls.yaml" <<'YAML'
machine:
  sysctls:
    fs.inotify.max_user_instances: "8192"
    fs.inotify.max_user_watches: "1048576"
    net.core.rmem_max: "7500000"
    net.core.wmem_max: "7500000"
YAML
	cat >"$1/global/2-kubelet.yaml" <<'YAML'
machine:
  kubelet:
    extraConfig:
      serializeImagePulls: false
    extraArgs:
      rotate-server-certificates: "true"
YAML
	cat >"$1/global/3-files.yaml" <<'YAML'
machine:
  files:
    - op: create
      path: /etc/cri/conf.d/20-customization.part
      content: |
        [plugins."io.containerd.cri.v1.images"]
          discard_unpacked_layers = false
YAML
	cat >"$1/global/4-dns.yaml" <<'YAML'
machine:
  features:
    hostDNS:
      enabled: true
      resolveMemberNames: true
      forwardKubeDNSToHost: false
YAML
	cat >"$1/global/5-discovery.yaml" <<'YAML'
cluster:
  discovery:
    registries:
      service:
        disabled: true
YAML
	cat >"$1/worker/labels.yaml" <<'YAML'
machine:
  nodeLabels:
    example.org/zone: rack-1
YAML
	cat >"$1/controller/cluster.yaml" <<'YAML'
cluster:
  controllerManager:
    extraArgs:
      bind-address: 0.0.0.0
  scheduler:
    extraArgs:
      bind-address: 0.0.0.0
  etcd:
    extraArgs:
      listen-metrics-urls: http://0.0.0.0:2381
YAML
}

# address and hardware address of a node
place() { # INDEX
	printf '10.0.%d.%d 02:00:00:00:%02x:%02x' $((100 + $1 / 200)) $((1 + $1 % 200)) \
		$(($1 / 256)) $(($1 % 256))
}

ours_made() {
	"$talforge" init "$work/ours" -p vip-and-workers >/dev/null 2>&1
	rm -r "$work/ours/patches"
	patches "$work/ours/patches"
	local i address mac
	{
		echo nodes:
		for ((i = 0; i < nodes; i++)); do
			read -r address mac <<<"$(place "$i")"
			printf '  - {name: n%d, address: %s, mac_addr: "%s", disk: /dev/sda, controller: %s}\n' \
				"$i" "$address" "$mac" "$([ "$i" -lt 3 ] && echo true || echo false)"
		done
	} >"$work/ours/nodes.yaml"
}

theirs_made() {
	mkdir "$work/theirs"
	patches "$work/theirs/patches"
	cp "$work/ours/talsecret.yaml" "$work/theirs/"
	local i address mac file
	{
		printf 'clusterName: kubernetes\ntalosVersion: v1.13.9\nkubernetesVersion: v1.36.3\n'
		printf 'endpoint: https://10.0.50.50:6443\ncniConfig: {name: none}\npatches:\n'
		for file in "$work"/theirs/patches/global/*; do
			echo "  - \"@./patches/global/$(basename "$file")\""
		done
		printf 'controlPlane: {patches: ["@./patches/controller/cluster.yaml"]}\n'
		printf 'worker: {patches: ["@./patches/worker/labels.yaml"]}\nnodes:\n'
		for ((i = 0; i < nodes; i++)); do
			read -r address mac <<<"$(place "$i")"
			printf '  - hostname: n%d\n    ipAddress: %s\n    installDisk: /dev/sda\n' "$i" "$address"
			printf '    controlPlane: %s\n' "$([ "$i" -lt 3 ] && echo true || echo false)"
			printf '    nameservers: [1.1.1.1, 1.0.0.1]\n    networkInterfaces:\n'
			printf '      - deviceSelector: {hardwareAddr: "%s"}\n' "$mac"
			printf '        addresses: [%s/16]\n' "$address"
			printf '        routes: [{network: 0.0.0.0/0, gateway: 10.0.0.1}]\n'
		done
	} >"$work/theirs/talconfig.yaml"
}

# measure NAME FOLDER COMMAND...: one run more of that name, "wall cpu peak"
measure() {
	local name=$1 folder=$2 line
	shift 2
	line=$(cd "$folder" && "$build/tests/bench_measure" "$@")
	[ "${line##* }" = 0 ] || {
		echo "render.sh: $name ended with ${line##* }" >&2
		exit 1
	}
	echo "$line" >>"$work/$name.runs"
}
# median NAME COLUMN
median() {
	sort -n -k"$2,$2" "$work/$1.runs" | awk -v column="$2" '{ v[NR] = $column }
		END { print v[int((NR + 1) / 2)] }'
}
report() { # NAME WHAT
	awk -v what="$2" -v wall="$(median "$1" 1)" -v cpu="$(median "$1" 2)" -v peak="$(median "$1" 3)" \
		'BEGIN { printf "%-44s wall %9.2f ms  CPU %9.2f ms  peak %6.1f MiB\n", what,
			wall / 1000, cpu / 1000, peak / 1024 }'
}
# bound WHAT HAVE BOUND UNIT: HAVE is at most that
at_most() {
	awk -v what="$1" -v have="$2" -v most="$3" -v unit="$4" 'BEGIN {
		verdict = (have <= most) ? "ok" : "OVER"
		printf "%-44s %8.2f %s, bound %s: %s\n", what, have, unit, most, verdict }'
}
# WHAT SLOW FAST BOUND: medians of the wall time
times_faster() {
	awk -v what="$1" -v slow="$(median "$2" 1)" -v fast="$(median "$3" 1)" -v least="$4" 'BEGIN {
		verdict = (slow / fast >= least) ? "ok" : "MISSED"
		printf "%-44s %8.1f times, bound %s: %s\n", what, slow / fast, least, verdict }'
}

ours_made
[ -z "$talhelper" ] || theirs_made
# each run in a folder of its own, since a file system that has just removed a thousand files is slow
# at making new ones
for ((i = 0; i < runs; i++)); do
	cp -r "$work/ours" "$work/ours-$i"
	measure first "$work/ours-$i" "$talforge" render
	measure again "$work/ours-$i" "$talforge" render
	# a peer that takes seconds needs fewer runs for the same certainty
	if [ -n "$talhelper" ] && [ "$i" -lt 3 ]; then
		cp -r "$work/theirs" "$work/theirs-$i"
		measure talhelper "$work/theirs-$i" "$talhelper" genconfig --offline-mode
	fi
done
report first "render of $nodes nodes"
report again "render again, nothing changed"
at_most "render of $nodes nodes, wall time" "$(awk -v v="$(median first 1)" 'BEGIN { print v / 1000 }')" 200 ms
at_most "render of $nodes nodes, peak memory" "$(awk -v v="$(median first 3)" 'BEGIN { print v / 1024 }')" 20 MiB
times_faster "again, nothing changed, to the first time" first again 5
if [ -n "$talhelper" ]; then
	report talhelper "talhelper genconfig --offline-mode"
	times_faster "render to talhelper genconfig" talhelper first 50
else
	echo "talhelper: NOT MEASURED, give --talhelper PATH"
fi

out=$work/out
mkdir "$out"
secrets=$work/ours/talsecret.yaml
for ((i = 0; i < 3 * runs; i++)); do
	measure gen "$out" "$talforge" gen config lab https://192.0.2.1:6443 --with-secrets "$secrets" \
		--with-docs=false --with-examples=false --force -o ours
	[ -z "$talosctl" ] || measure talosctl "$out" "$talosctl" gen config lab \
		https://192.0.2.1:6443 --with-secrets "$secrets" --with-docs=false \
		--with-examples=false --force -o theirs
done
report gen "gen config"
if [ -n "$talosctl" ]; then
	report talosctl "talosctl gen config"
	times_faster "gen config to talosctl's" talosctl gen 5
else
	echo "talosctl: NOT MEASURED, give --talosctl PATH"
fi
