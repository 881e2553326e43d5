#!/bin/bash
# render_cache.sh PROGRAM SCRATCH: a second render with nothing changed, and every way it may have
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
cache=$w/.talforge/render
same='nothing has changed since the last time'

# everything there is to know of every file
state() {
	find "$w" -printf '%p %m %i %s %T@ %C@\n' | sort
}
# a render that is spared: the same is printed, and nothing written
unchanged() { # WHAT ARGUMENT...
	local what=$1 before
	shift
	before=$(state)
	run 0 -C "$w" render --debug "$@"
	err_has "$same"
	[ "$(state)" = "$before" ] || fail "$what: something was written"
}
# a render that looks at everything
changed() { # WHAT ARGUMENT...
	local what=$1
	shift
	run 0 -C "$w" render --debug "$@"
	err_lacks "$same"
}
# what comes of nothing but the files, compared with a folder that never had a cache
is_right() { # WHAT
	rm -rf "$scratch/fresh"
	cp -r "$w" "$scratch/fresh"
	rm -rf "$scratch/fresh/.talforge" "$scratch/fresh/clusterconfig"
	"$program" -C "$scratch/fresh" render >/dev/null 2>&1 || fail "$1: a fresh render fails"
	diff -r -x talosconfig "$scratch/fresh/clusterconfig" "$w/clusterconfig" || fail "$1: differs"
}

workspace "$w"
changed first
mode_is 600 "$cache"
mode_is 700 "$w/.talforge"
cp "$out" "$scratch/first"
unchanged "a second time"
sed 's/ yes / no  /' "$scratch/first" | diff -b - "$out" || fail "the table is another one"
unchanged "a third time"
run 0 -C "$w" render --check --debug
err_has "$same"
run 0 -C "$w" render -o json
one_object render
out_has '{"name":"worker1","role":"worker","file":"clusterconfig/lab-worker1.yaml","changed":false,"contract":"v1.13"}'
(cd "$w" && "$program" render --debug 2>&1 >/dev/null) | grep -q "$same" || fail "not from within"

# what is secret stands in the bundle, the configs and the user's files only
grep -oE '[A-Za-z0-9+/=]{40,}' "$w/talsecret.yaml" | sort -u >"$scratch/secrets"
[ -s "$scratch/secrets" ] || fail "no secrets to look for"
grep -qFf "$scratch/secrets" "$cache" && fail "a secret is in the cache"

# inputs: one changed byte each, seen though neither size nor time differs
change() { # FILE SED-SCRIPT
	local stamp=$scratch/stamp
	touch -r "$w/$1" "$stamp"
	sed "$2" "$w/$1" >"$scratch/new"
	cmp -s "$scratch/new" "$w/$1" && fail "nothing to change in $1"
	cat "$scratch/new" >"$w/$1"
	touch -r "$stamp" "$w/$1"
	changed "$1"
	is_right "$1"
	unchanged "$1, again"
}
change cluster.yaml 's/vm.max_map_count: "262144"/vm.max_map_count: "262145"/'
change nodes.yaml 's/192.0.2.21/192.0.2.22/'
change patches/global/10-sysctls.yaml '1s/$/ #/'
change patches/worker/10-sysctls.yaml '1s/$/ #/'
change patches/worker1/10-sysctls.yaml '1s/$/ #/'
# a file touched and not changed is no change
touch "$w/cluster.yaml" "$w"/patches/*/*.yaml
unchanged "touched"

# inputs that come and go
appears() { # FILE TEXT
	mkdir -p "$(dirname "$w/$1")"
	printf '%b' "$2" >"$w/$1"
	changed "new $1"
	is_right "new $1"
	unchanged "new $1, again"
	rm "$w/$1"
	rmdir "$(dirname "$w/$1")" 2>/dev/null
	changed "without $1"
	is_right "without $1"
	unchanged "without $1, again"
}
sysctl='machine:\n  sysctls:\n    net.core.somaxconn: "4096"\n'
appears patches/global/99-new.yaml "$sysctl"
appears patches/controller/new.yaml "$sysctl"
appears patches/worker/new.yaml "$sysctl"
appears patches/control2/new.yaml "$sysctl"
appears versions.env 'KUBERNETES_VERSION=v1.36.3\n'
appears talenv.yaml 'talosVersion: v1.13.9\n'

# the other place of a bundle
install -m 600 "$w/talsecret.yaml" "$w/talsecret.sops.yaml"
changed "a bundle in the other place"
err_has 'talsecret.sops.yaml is kept in clear'
unchanged "a bundle in the other place, again"
rm "$w/talsecret.sops.yaml"
changed "not in the other place"
unchanged "not in the other place, again"

# files that others name
printf '%b' "$sysctl" >"$w/extra.yaml"
printf 'customization:\n  extraKernelArgs: [quiet]\n' >"$w/schematic.yaml"
printf 'schematic: schematic.yaml\n' >>"$w/cluster.yaml"
sed -i 's|^patches:|&\n  - "@extra.yaml"|' "$w/cluster.yaml"
changed "two more files"
unchanged "two more files, again"
change schematic.yaml 's/quiet/noapic/'
change extra.yaml 's/4096/8192/'

# the bundle
"$program" -C "$w" secrets new >/dev/null 2>&1 && fail "a bundle was replaced"
cp "$w/talsecret.yaml" "$scratch/bundle"
sed -i 's/^    token: .*/    token: abcdef.0123456789abcdef/' "$w/talsecret.yaml"
changed "another bundle"
is_right "another bundle"
unchanged "another bundle, again"
chmod 644 "$w/talsecret.yaml"
run 4 -C "$w" render
chmod 600 "$w/talsecret.yaml"
unchanged "mode of the bundle"
git -C "$w" init -q 2>/dev/null && {
	unchanged "git ignores the bundle"
	mv "$w/.gitignore" "$scratch/ignore"
	run 4 -C "$w" render
	err_has 'git does not ignore'
	mv "$scratch/ignore" "$w/.gitignore"
	unchanged "git ignores it again"
	rm -rf "$w/.git"
}
mv "$w/talsecret.yaml" "$scratch/bundle"
run 1 -C "$w" render
mv "$scratch/bundle" "$w/talsecret.yaml"
unchanged "the bundle is back"

# what is asked for
changed "for another contract" --contract v1.12
unchanged "for that contract" --contract v1.12
changed "for the cluster's"
changed "of one node" -n worker1
unchanged "of one node, again" -n worker1
changed "of another" -n control1
changed "of all"
unchanged "of all, again"

# outputs
changed_output() { # WHAT
	run 2 -C "$w" render --check
	changed "$1"
	is_right "$1"
	unchanged "$1, again"
}
config=$w/clusterconfig/lab-worker1.yaml
rm "$config"
changed_output "a config that is gone"
sed -i 's/machine:/machine: /' "$config"
changed_output "a config that somebody edited"
touch -r "$config" "$scratch/stamp"
sed 's/v1.13.9/v1.13.8/' "$config" >"$scratch/new"
cat "$scratch/new" >"$config"
touch -r "$scratch/stamp" "$config"
changed_output "a config edited behind its time"
chmod 644 "$config"
changed "the mode of a config"
mode_is 600 "$config"
unchanged "the mode of a config, again"
cp -p "$config" "$scratch/new"
rm "$config"
cp -p "$scratch/new" "$config"
unchanged "a config that was put back"
rm "$w/clusterconfig/talosconfig"
changed_output "a talosconfig that is gone"
rm "$w/clusterconfig/.gitignore"
changed "no .gitignore"
[ -e "$w/clusterconfig/.gitignore" ] || fail "no .gitignore was made"
unchanged "a new .gitignore"
rm -rf "$w/clusterconfig"
changed_output "no configs at all"

# the cache itself: damaged, cut short, empty, another program's, another bundle's, a folder
cp "$cache" "$scratch/cache"
bad() { # WHAT
	changed "$1"
	is_right "$1"
	unchanged "$1, again"
}
size=$(stat -c %s "$cache")
for ((at = 0; at < size; at += 97)); do
	cp "$scratch/cache" "$cache"
	byte=$(dd if="$cache" bs=1 skip="$at" count=1 2>/dev/null | tr 'A-Za-z0-9 .\n-' 'B-ZAb-za1-90_,x+')
	printf '%s' "$byte" | dd of="$cache" bs=1 seek="$at" conv=notrunc 2>/dev/null
	cmp -s "$cache" "$scratch/cache" && continue
	changed "byte $at of the cache"
done
for ((cut = 0; cut < size; cut += 211)); do
	head -c "$cut" "$scratch/cache" >"$cache"
	changed "the first $cut bytes of the cache"
done
is_right "the last cut"
unchanged "the last cut"
printf 'talforge render cache 1\n' >"$cache"
bad "somebody's text"
head -c 5000 /dev/urandom >"$cache"
bad "noise"
rm "$cache" && mkdir "$cache"
run 0 -C "$w" render
rmdir "$cache"
bad "no cache"
cp "$program" "$scratch/program"
"$scratch/program" -C "$w" render --debug 2>"$err" >/dev/null || fail "a copy of the program fails"
err_lacks "$same"
changed "this program again"

# findings are said again
printf 'machine:\n  nodeLabels:\n    node-role.kubernetes.io/worker: ""\n' >"$w/patches/worker/label.yaml"
changed "a finding"
err_has '[label-refused]'
cp "$err" "$scratch/said"
unchanged "a finding, again"
diff <(grep -v 'debug' "$scratch/said") <(grep -v "debug" "$err") || fail "other findings"
err_has 'warning: talsecret.yaml is kept in clear'
run 0 -C "$w" render -o json
out_has '"id":"label-refused"'
run 0 -C "$w" render -o sarif
out_has 'label-refused'
rm "$w/patches/worker/label.yaml"

# with errors nothing is kept; then all is as before
changed "no finding"
printf 'machine: [\n' >"$w/patches/worker/broken.yaml"
run 3 -C "$w" render
run 3 -C "$w" render
rm "$w/patches/worker/broken.yaml"
unchanged "the error is gone"

# a bundle that a command prints is asked for each time
mv "$w/talsecret.yaml" "$scratch/bundle.yaml"
printf 'secrets: {command: "cat %s"}\n' "$scratch/bundle.yaml" >>"$w/cluster.yaml"
changed "a command"
changed "a command, again"
rm "$scratch/bundle.yaml"
run 7 -C "$w" render

run 3 -C "$scratch/nowhere" render
