#!/usr/bin/env bash
# The real talhelper as a judge of `import talhelper`: run.sh TALFORGE [TALHELPER]
#
# TALFORGE is the built program, TALHELPER the other one; without it the one in PATH is taken, and
# without that nothing is tested, and said. Random folders of talhelper go to both: what it renders,
# the imported workspace must render alike, --prove must say so, and what it refuses must be refused
# with its place, nothing written. The seeds are the same every time; TALFORGE_SEEDS says how many
# instead of 300.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
talforge=$(realpath "${1:?run.sh TALFORGE [TALHELPER]}")
talhelper=${2:-$(command -v talhelper || true)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/talhelper
seeds=${TALFORGE_SEEDS:-300}

skip() {
	echo "peer talhelper: NOT RUN, $1"
	exit 77
}
command -v go >/dev/null || skip "Go is not installed"
[ -n "$talhelper" ] || skip "there is no talhelper"
talhelper=$(realpath "$talhelper")
mkdir -p "$cache"
(cd "$here" && CGO_ENABLED=0 go build -trimpath -o "$cache/judge" .)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cache/judge" -work "$work" -to "$((seeds + 1))" "$talhelper" "$talforge" \
	"$here/../../data/golden/talhelper" || {
	echo "peer talhelper: FAILED"
	exit 1
}
