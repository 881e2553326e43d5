# What the scripts of this folder share: run the program, and judge its exit code, stdout and stderr.
# A script gets the program as $1 and an empty folder as $2. With TALFORGE_GOLDEN=write the expected
# files are rewritten instead of compared.
# shellcheck shell=bash
set -u
program=$1
scratch=$2
data=$(cd "$(dirname "${BASH_SOURCE[0]}")/../data" && pwd)
golden=$data/cli
out=$scratch/stdout
err=$scratch/stderr
everything=$scratch/everything
jobs=()

rewrite=${TALFORGE_GOLDEN:-}
for name in $(compgen -e | grep '^TALFORGE_') TALOSCONFIG KUBECONFIG NO_COLOR CI; do
	[ "$name" = TALFORGE_BUILD_DIR ] || unset "$name"
done
export LC_ALL=C.UTF-8
umask 022

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

stop_jobs() {
	local pid
	for pid in ${jobs[@]+"${jobs[@]}"}; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	return 0
}
trap stop_jobs EXIT

# run CODE ARGUMENT...: stdout and stderr are kept for the checks below, and all of them in $everything
run() {
	local expected=$1 code=0
	shift
	"$program" "$@" >"$out" 2>"$err" </dev/null || code=$?
	cat "$out" "$err" >>"$everything"
	[ "$code" = "$expected" ] && return 0
	cat "$out" "$err" >&2
	fail "exit $code instead of $expected: talforge $*"
}

out_has() {
	grep -qF -e "$1" "$out" && return 0
	cat "$out" >&2
	fail "stdout does not have: $1"
}

out_lacks() {
	grep -qF -e "$1" "$out" || return 0
	cat "$out" >&2
	fail "stdout has: $1"
}

err_has() {
	grep -qF -e "$1" "$err" && return 0
	cat "$err" >&2
	fail "stderr does not have: $1"
}

err_lacks() {
	grep -qF -e "$1" "$err" || return 0
	cat "$err" >&2
	fail "stderr has: $1"
}

out_is_empty() {
	[ -s "$out" ] || return 0
	cat "$out" >&2
	fail "stdout is not empty"
}

# is_golden FILE NAME: equal to tests/data/cli/NAME; the scratch folder is spelled WORKSPACE there
is_golden() {
	local seen=$scratch/seen
	sed "s|$scratch|WORKSPACE|g" "$1" >"$seen"
	if [ "$rewrite" = write ]; then
		mkdir -p "$(dirname "$golden/$2")"
		cp "$seen" "$golden/$2"
		return 0
	fi
	diff -u "$golden/$2" "$seen" >&2 || fail "differs from tests/data/cli/$2"
}

# one_object KIND: stdout is one JSON object on one line, with kind and version
one_object() {
	[ "$(wc -l <"$out")" = 1 ] || fail "stdout is not one line: $(cat "$out")"
	grep -q "^{\"kind\":\"$1\",\"version\":1[,}].*}\$" "$out" || fail "no $1 object: $(cat "$out")"
}

mode_is() {
	[ "$(stat -c %a "$2")" = "$1" ] || fail "$2 has mode $(stat -c %a "$2"), not $1"
}

# workspace DIR: the small cluster of tests/data/cli with a fixed bundle, so that no key is made
workspace() {
	mkdir -p "$1"
	cp -r "$golden/workspace/." "$1/"
	printf 'talsecret.yaml\nclusterconfig/\n.talforge/\nkubeconfig\ntalosconfig\n' >"$1/.gitignore"
	install -m 600 "$data/golden/gen/c113-defaults/secrets.yaml" "$1/talsecret.yaml"
}

# serve DIR ARGUMENT...: `sim serve` in the background, until the script ends; $hosts is its hosts file
serve() {
	local dir=$1 i
	shift
	: >"$scratch/serve"
	"$program" -C "$dir" sim serve -o json "$@" >"$scratch/serve" 2>"$scratch/serve.err" &
	jobs+=($!)
	for ((i = 0; i < 600; i++)); do
		[ -s "$scratch/serve" ] && break
		kill -0 "${jobs[-1]}" 2>/dev/null || fail "sim serve ended: $(cat "$scratch/serve.err")"
		sleep 0.05
	done
	hosts=$dir/.talforge/sim/hosts
	[ -s "$hosts" ] || fail "sim serve wrote no hosts file"
}
