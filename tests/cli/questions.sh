#!/bin/bash
# questions.sh PROGRAM SCRATCH: who is asked what before something changes, on a terminal and without one
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
serve "$w" --state running
printf 'machine: {sysctls: {net.core.somaxconn: "4096"}}\n' >"$scratch/live.yaml"
mkdir -p "$w/patches/worker"
cp "$scratch/live.yaml" "$w/patches/worker/live.yaml"
run 0 -C "$w" etcd snapshot "$scratch/etcd.db" --hosts "$hosts"
status() {
	run 0 -C "$w" status --hosts "$hosts" -o json
	grep -o '"nodes":.*' "$out"
}
before=$(status)

# nobody to ask: exit 4 without --yes, whatever it is
for words in 'apply' 'reset worker1' 'reset worker1 --full --confirm lab' \
	'upgrade talos --to v1.13.10' 'upgrade k8s --to v1.36.4' 'rollback worker1 --os' 'etcd defrag' 'etcd forfeit'; do
	# shellcheck disable=SC2086
	run 4 -C "$w" $words --hosts "$hosts"
	err_has 'there is nobody to ask'
done
# the name is typed on the command line, or it is refused, also with --yes and from the environment
run 4 -C "$w" reset worker1 --full --yes --hosts "$hosts"
err_has 'say --confirm lab'
TALFORGE_CONFIRM=lab run 4 -C "$w" reset worker1 --full --yes --hosts "$hosts"
run 4 -C "$w" reset worker1 --full --confirm LAB --yes --hosts "$hosts"

if ! command -v script >/dev/null; then
	echo "there is no script(1) here: the rest is not looked at"
	exit 0
fi

# answer CODE ANSWER ARGUMENT...: what is typed, and what becomes of it; $screen is what the terminal got
screen=$scratch/screen
answer() {
	local expected=$1 typed=$2 code=0
	shift 2
	printf '%s\n' "$typed" | env TERM=xterm script -qec "stty cols 100 rows 24; '$program' -C '$w' --hosts '$hosts' $*" \
		/dev/null >"$screen" 2>&1 || code=$?
	[ $code = "$expected" ] || fail "exit $code after \"$typed\": talforge $*: $(cat "$screen")"
}
screen_has() {
	grep -qF -e "$1" "$screen" || fail "the terminal does not show $1: $(cat "$screen")"
}
for typed in y LAB 'lab ' ''; do
	answer 4 "$typed" reset worker1
	screen_has 'Type the name of the cluster (lab) to run this plan:'
	screen_has 'wipes STATE and EPHEMERAL'
	screen_has 'not confirmed, nothing was changed'
done
answer 4 y reset worker1 --full --confirm lab
screen_has 'wipes the whole system disk'
answer 4 lab reset worker1 --full
screen_has 'say --confirm lab'
for words in 'apply' 'upgrade talos --to v1.13.10' 'upgrade k8s --to v1.36.4' 'rollback worker1 --os'; do
	for typed in lab ''; do
		answer 4 "$typed" "$words"
		screen_has 'Run this plan on cluster lab? [y/N]'
	done
done
[ "$(status)" = "$before" ] || fail "an answer that is no yes changed something: $(status)"

answer 0 Yes apply
screen_has 'is done in'
answer 0 lab reset worker1
screen_has 'is done in'
run 0 -C "$w" status --hosts "$hosts" -n worker1 -o json
out_has '"stage":"maintenance"'
# the whole cluster, and back from the snapshot: both ask for the name
answer 0 lab reset
run 0 -C "$w" apply --hosts "$hosts" --yes
answer 4 y etcd restore "$scratch/etcd.db"
screen_has 'Type the name of the cluster (lab)'
answer 4 y bootstrap --recover-from "$scratch/etcd.db"
screen_has 'Type the name of the cluster (lab)'
answer 0 lab etcd restore "$scratch/etcd.db"
run 0 -C "$w" etcd status --hosts "$hosts"
# nothing to do: nothing to ask, and no view of nothing
answer 0 n bootstrap
screen_has 'nothing to do: etcd runs'
grep -qF '0 of 0 steps' "$screen" && fail "a picture of no steps: $(cat "$screen")"
exit 0
