#!/usr/bin/env bash
# Prints what `up` and starting the program cost, each against its bound: run.sh BUILD_DIR
set -eu
build=$1
runs=41

# The median wall time of a command in microseconds; pairs are measured in turn, so that the machine's mood
# hits both alike.
median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

once() {
	local from to
	from=$(date +%s%N)
	"$@" >/dev/null
	to=$(date +%s%N)
	echo $(((to - from) / 1000))
}

verdict() {
	awk -v have="$2" -v bound="$3" -v what="$1" -v unit="$4" 'BEGIN {
		printf "%-44s %8.2f %-4s bound %6.1f  ratio %.2f  %s\n", what, have, unit, bound,
			have / bound, have <= bound ? "ok" : "OVER" }'
}

needs() {
	readelf -d "$1" | grep NEEDED | sort
}
if ! diff <(needs "$build/talforge") <(needs "$build/tests/empty"); then
	echo "bench: the empty program is linked to other libraries" >&2
	exit 1
fi

read -r _ _ _ cpu _ _ <<<"$("$build/tests/bench_up" 3 20)"
verdict "up of 3 nodes in virtual time, CPU" "$cpu" 100 ms

read -r _ _ _ _ _ peak <<<"$("$build/tests/bench_up" 100 1)"
verdict "up of 100 nodes in virtual time, peak memory" "$peak" 64 MiB

read -r _ _ _ cpu _ <<<"$("$build/tests/bench_rehearse" 100)"
verdict "rolling upgrade of 100 nodes rehearsed, CPU" "$cpu" 2000 ms

program=$(mktemp) empty=$(mktemp)
trap 'rm -f "$program" "$empty"' EXIT
for ((i = 0; i < runs; i++)); do
	once "$build/talforge" version >>"$program"
	once "$build/tests/empty" >>"$empty"
done
ratio=$(awk -v a="$(median <"$program")" -v b="$(median <"$empty")" 'BEGIN { print a / b }')
verdict "start of \`talforge version\` / empty program" "$ratio" 1.5 x

render=("$build")
[ -z "${TALHELPER:-}" ] || render+=(--talhelper "$TALHELPER")
[ -z "${TALOSCTL:-}" ] || render+=(--talosctl "$TALOSCTL")
"$(dirname "${BASH_SOURCE[0]}")/render.sh" "${render[@]}"

# prints its own closing line, also where Go is missing
"$(dirname "${BASH_SOURCE[0]}")/status.sh" "$build/talforge"
