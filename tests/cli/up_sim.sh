#!/bin/bash
# up_sim.sh PROGRAM SCRATCH: both profiles from bare simulated nodes to a healthy cluster, and once more
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

for profile in all-control-plane vip-and-workers; do
	w=$scratch/$profile
	run 0 init "$w" --profile $profile
	run 0 -C "$w" check
	run 2 -C "$w" up --sim --dry-run -o json
	one_object up
	out_has '"op":"bootstrap"'
	[ ! -e "$w/clusterconfig" ] || fail "a dry run wrote something"

	run 0 -C "$w" up --sim --yes -o json
	one_object up
	out_has '"operation":"up","outcome":"done","text":"up '
	out_has '"failed":0}'
	grep -q '"outcome":"\(failed\|skipped\)"' "$out" && fail "not all nodes are done: $(cat "$out")"
	grep -Eq '^[0-9TZ:-]{20} INFO bootstrap etcd node=' "$err" || fail "no line of progress: $(cat "$err")"
	mode_is 600 "$w/kubeconfig"
	[ "$(stat -c %a "$w/.talforge")" = 700 ] || fail ".talforge is open to others"

	run 0 -C "$w" up --sim --yes -o json
	one_object up
	out_has '"outcome":"done","text":"nothing to do: every node is healthy","steps":{"done":0,'
	run 0 -C "$w" up --sim
	out_has 'nothing to do: every node is healthy'
	run 0 -C "$w" up --sim --dry-run -o json
	one_object up
	run 0 -C "$w" status --sim -o json
	one_object status
	[ "$(grep -o '"stage":"running"' "$out" | wc -l)" = "$(grep -c 'name:' "$w/nodes.yaml")" ] ||
		fail "not all nodes run: $(cat "$out")"
	run 0 -C "$w" status --sim -n controlplane
	out_has running
	run 0 -C "$w" runs --sim -o json
	[ "$(grep -o '"state":"done"' "$out" | wc -l)" = 1 ] || fail "not one run: $(cat "$out")"
	run 0 -C "$w" resume --sim
	out_has 'nothing to do'
	run 0 -C "$w" resume --sim -o json
	one_object resume
	out_has '"run":null,"operation":"resume","outcome":"done","text":"nothing to do: '

	# without the kubeconfig there is one thing to do
	rm "$w/kubeconfig"
	run 0 -C "$w" kubeconfig --sim
	mode_is 600 "$w/kubeconfig"

	# JSON lines and nothing else
	run 0 -C "$w" up --sim --yes --events json
	grep -v '^{"at":"[^"]*Z","event":"[a-z]*","run":.*,"step":.*,"op":.*,"target":.*,"text":.*,"err":.*}$' \
		"$err" && fail "a line that is no event"
	err_has '"event":"plan"'
	err_has '"event":"over"'
	err_lacks '"run":""'
done
