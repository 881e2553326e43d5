#!/bin/bash
# long.sh [-t SECONDS] [NAME...]: runs fuzz targets one after another, an hour each, from the corpora
# here, and keeps what reached new code. A crash, a leak, an answer that takes 25 seconds or 2 GiB
# end it with 1; the input is left in build/fuzz/found.
set -eu
cd "$(dirname "$0")/../.." || exit 1

seconds=3600
while getopts t: option; do
	case $option in
	t) seconds=$OPTARG ;;
	*) exit 3 ;;
	esac
done
shift $((OPTIND - 1))
if [ $# = 0 ]; then
	for harness in tests/fuzz/fuzz_*.c; do
		set -- "$@" "$(basename "$harness" .c | sed 's/^fuzz_//')"
	done
fi

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz >/dev/null
found=build/fuzz/found
mkdir -p "$found"
for name in "$@"; do
	program=build/fuzz/tests/fuzz_$name
	kept=tests/fuzz/corpus/$name
	work=build/fuzz/work/$name
	mkdir -p "$work"
	"$program" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$found/$name-" "$work" "$kept" >"$work.log" 2>&1 || {
		tail -n 40 "$work.log"
		echo "fuzz $name: FAILED, see $found"
		exit 1
	}
	# by edges alone: how often an edge was taken would keep a thousand files
	"$program" -set_cover_merge=1 -use_counters=0 "$kept" "$work" >>"$work.log" 2>&1
	echo "fuzz $name: ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$work.log") runs in $seconds s"
done
