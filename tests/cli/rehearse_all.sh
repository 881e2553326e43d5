#!/bin/bash
# rehearse_all.sh PROGRAM SCRATCH: every command that changes something, rehearsed well and with something that goes
# wrong: the timeline, what would break, and the exit code it would have had; every kind of event, at a time and
# at the n-th call
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
run 0 init "$w" --profile vip-and-workers
install -m 600 "$data/golden/gen/c113-defaults/secrets.yaml" "$w/talsecret.yaml"
cat >"$scratch/talos.yaml" <<'END'
apiVersion: tuppr.home-operations.com/v1alpha1
kind: TalosUpgrade
metadata: {name: fleet}
spec:
  talos: {version: v1.13.10}
END
run 0 -C "$w" up --sim -q
run 0 -C "$w" etcd snapshot "$scratch/etcd.db" --sim
to='--to v1.13.10'

# well COMMAND: it ends well, nothing would break, and the timeline begins at the epoch
well() {
	# shellcheck disable=SC2086
	run 0 -C "$w" rehearse $1 -o json
	one_object rehearse
	out_has '"outcome":"done"'
	out_has '"scenario":null,"breaks":[],"timeline":[{"at":"1970-01-01T00:0'
}

# bad CODE COMMAND EVENT: with that event it exits with CODE, tells when the event came, and what would break
bad() {
	printf 'events:\n  - {%s}\n' "$3" >"$scratch/bad.yaml"
	# shellcheck disable=SC2086
	run "$1" -C "$w" rehearse $2 --scenario "$scratch/bad.yaml" --timeout 3h -o json
	one_object rehearse
	out_has '"event":"scenario","run":null,"step":null,"op":null,"target":null,"text":"'
	[ "$1" = 0 ] && return 0
	out_has '"breaks":["'
	out_lacks '"outcome":"done","text"'
	[ "$(grep -c '^error: ' "$err")" = 1 ] || fail "not one error: $(cat "$err")"
}

well up
bad 5 up 'at: 70s, node: worker1, do: power-off'
well apply
bad 5 apply 'at: 0s, node: worker0, do: power-off'
well 'reset worker0'
well reset
bad 5 'reset worker0' 'call: any, node: worker0, do: drop, for: 10h'
err_has 'worker0: reach the node'
bad 0 'reset worker0' 'call: Reset, do: refuse, code: Unavailable'
well "upgrade talos $to"
bad 5 "upgrade talos $to" 'at: 0s, node: worker1, do: old-version-after-reboot'
err_has 'worker1 booted the old system'
bad 5 "upgrade talos $to" 'at: 0s, node: worker1, do: never-reboot'
err_has 'worker1 never rebooted'
bad 5 "upgrade talos $to" 'at: 0s, node: worker1, do: disk-full'
err_has 'no space left on device'
bad 5 "upgrade talos $to" 'at: 0s, do: pod-never-evicts'
err_has 'cannot be evicted'
bad 5 "upgrade talos $to" 'call: "kube:PATCH nodes", do: drop, for: 10h'
bad 6 "upgrade talos $to" 'at: 0s, node: control1, do: alarm, alarm: NOSPACE'
err_has 'alarm:NOSPACE'
bad 6 "upgrade talos $to" 'at: 0s, node: control1, do: lag, entries: 100000'
err_has 'entries still to apply'
bad 0 "upgrade talos $to" 'at: 0s, node: worker1, do: slow-reboot'
well 'upgrade k8s'
bad 5 'upgrade k8s' 'at: 20s, node: control1, do: power-off'
well "upgrade -f $scratch/talos.yaml"
bad 5 "upgrade -f $scratch/talos.yaml" 'at: 0s, node: worker1, do: no-image'
err_has 'not found'
bad 5 "upgrade -f $scratch/talos.yaml" 'at: 0s, node: worker1, do: unhealthy'
err_has 'worker1 is up again with Talos v1.13.10, but not healthy'
well 'cilium apply'
bad 1 'cilium apply' 'call: "kube:GET daemonsets", do: reset'
bad 6 'cilium apply' 'call: "kube:GET daemonsets", do: drop, for: 10h'
well bootstrap
bad 0 bootstrap 'call: Bootstrap, do: reset-after'
well "etcd restore $scratch/etcd.db"
bad 0 "etcd restore $scratch/etcd.db" 'call: Bootstrap, do: reset-after'
well 'etcd defrag'
bad 0 'etcd defrag' 'call: EtcdDefragment, do: reset'
well 'etcd forfeit'
bad 0 'etcd forfeit' 'call: EtcdForfeitLeadership, do: reset-after'
well 'etcd remove nobody'
well 'rollback worker0 --os'
bad 1 'rollback worker0 --os' 'at: 0s, node: worker0, do: power-off'
bad 5 'rollback worker0 --os' 'call: Rollback, node: worker0, do: power-off'

# every kind of event, at a time and at the second call
more() {
	case $1 in
	delay) echo ', for: 4s' ;;
	drop) echo ', for: 20s' ;;
	power-off | never-reboot | unhealthy | alarm) echo ', for: 2m' ;;
	lag) echo ', entries: 5000, for: 1m' ;;
	pod-never-evicts) echo ', for: 2h' ;;
	esac
}
for kind in drop delay reset reset-after refuse double pod-never-evicts power-off power-on slow-reboot \
	old-version-after-reboot never-reboot unhealthy disk-full no-image alarm lag; do
	call='call: any, nth: 2, node: worker1'
	[ $kind = pod-never-evicts ] && call='call: "kube:eviction", nth: 2'
	for when in 'at: 0s, node: worker1' "$call"; do
		[ $kind = pod-never-evicts ] && when=${when/, node: worker1/}
		printf 'events:\n  - {%s, do: %s%s}\n' "$when" $kind "$(more $kind)" >"$scratch/bad.yaml"
		code=0
		# shellcheck disable=SC2086
		"$program" -C "$w" rehearse upgrade talos $to --scenario "$scratch/bad.yaml" --timeout 3h -o json \
			>"$out" 2>"$err" </dev/null || code=$?
		case $code in
		0 | 1 | 5 | 6) ;;
		*) fail "exit $code with $(cat "$scratch/bad.yaml" "$err")" ;;
		esac
		one_object rehearse
		out_has '"event":"scenario"'
		if [ $code != 0 ]; then
			out_has '"breaks":["'
			[ "$(grep -c '^error: ' "$err")" = 1 ] || fail "not one error: $(cat "$err")"
		fi
		grep -q 'the witness objects' "$out" && fail "$kind did harm: $(cat "$out")"
	done
done
exit 0
