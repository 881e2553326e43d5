#!/bin/bash
# reset_refused.sh PROGRAM SCRATCH: on both shipped profiles what a reset must not do (exit 4), whom it does not know
# (exit 7), what it cannot reach (exit 5), and what is done already
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

# profile NAME: a workspace of it in $w with a fixed bundle, its nodes running
profile() {
	stop_jobs
	jobs=()
	w=$scratch/$1
	run 0 init "$w" --profile "$1"
	install -m 600 "$data/golden/gen/c113-defaults/secrets.yaml" "$w/talsecret.yaml"
	serve "$w" --state running
}

# silent NODE: nobody answers for it
silent() {
	sed "/# $1\$/s/127.0.0.1:[0-9]*/127.0.0.1:1/" "$hosts" >"$scratch/hosts"
}

untouched() {
	run 0 -C "$w" status --hosts "$hosts" -o json
	out_lacks '"stage":"maintenance"'
	[ ! -e "$w/.talforge/snapshots" ] || fail "a snapshot of a reset that was refused"
}

# others NODES...: exit 7 with the bundle of another cluster
others() {
	install -m 600 "$data/golden/gen/c112-defaults/secrets.yaml" "$w/talsecret.yaml"
	run 7 -C "$w" reset "$@" --hosts "$hosts" --yes -o json
	one_object reset
	out_has '"outcome":"failed"'
	err_has 'is configured, but not for us'
	install -m 600 "$data/golden/gen/c113-defaults/secrets.yaml" "$w/talsecret.yaml"
}

profile all-control-plane
for pair in 'mini01 mini02' 'mini02 mini03' 'mini03 mini01'; do
	# shellcheck disable=SC2086
	run 4 -C "$w" reset $pair --hosts "$hosts" --yes -o json
	one_object reset
	out_has '"outcome":"refused"'
	err_has 'would leave 1 of 3 etcd members; 2 are needed'
done
silent mini03
run 4 -C "$w" reset mini01 --hosts "$scratch/hosts" --yes
err_has 'of 3 etcd members'
others mini02
untouched
run 0 -C "$w" reset mini02 --hosts "$hosts" --yes -o json
out_has '"outcome":"done"'
run 0 -C "$w" reset mini02 --hosts "$hosts" --yes -o json
out_has 'nothing to do: the nodes are in maintenance mode'
run 0 -C "$w" up --hosts "$hosts" --yes -q

profile vip-and-workers
run 4 -C "$w" reset control0 control1 --hosts "$hosts" --yes
err_has 'resetting control0 and control1 would leave 0 of 2 etcd members; 2 are needed'
others worker0
untouched
silent worker1
run 5 -C "$w" reset worker0 worker1 --hosts "$scratch/hosts" --yes -o json
one_object reset
out_has '"outcome":"partial"'
out_has '{"name":"worker0","outcome":"done","err":null}'
out_has '{"name":"worker1","outcome":"failed","err":{"kind":"'
err_has 'the same command goes on with run'
run 0 -C "$w" reset worker0 worker1 --hosts "$hosts" --yes -o json
err_has 'going on with run'
out_has '"outcome":"done"'
run 0 -C "$w" reset worker0 worker1 --hosts "$hosts" --yes
out_has 'nothing to do: the nodes are in maintenance mode'
