#!/bin/bash
# import_talhelper.sh PROGRAM SCRATCH: a folder of talhelper becomes a workspace, and is proven
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
cases=$data/golden/talhelper
unset SOPS_AGE_KEY SOPS_AGE_KEY_FILE SOPS_AGE_KEY_CMD
export HOME=$scratch XDG_CONFIG_HOME=$scratch/config
cd "$scratch" || exit 1

# equal to what talhelper left, node by node, and renders to the same files
run 0 import talhelper "$cases/vip-two-control-three-workers" vip --prove
out_has 'ctrl-a: equal'
out_has 'work-c: equal'
out_has 'patches/work-c/00-hostname.yaml'
[ "$(stat -c %a vip/talsecret.yaml)" = 600 ] || fail "others can read the bundle"
grep -qx talsecret.yaml vip/.gitignore || fail "git does not ignore the bundle"
err_has 'talsecret.yaml is kept in clear'
run 0 -C vip check
run 0 -C vip render
[ -f vip/clusterconfig/home-work-c.yaml ] || fail "no config is rendered"
run 0 -C vip render --check

# JSON: one object; a file instead of a folder
run 0 import talhelper "$cases/bonds-bridges-vlans-wireguard/talconfig.yaml" wires --prove -o json
one_object 'import talhelper'
out_has '"verdict":"equal"'
out_has '"id":"talhelper-drops"'

# keys that talhelper ignores are warnings with a place
run 0 import talhelper "$cases/unknown-keys-ignored-and-extension-services" misc
out_has 'talconfig.yaml:5:1: warning: talhelper has no key "noSuchKey" here and ignores it [unknown-key]'
out_has 'talconfig.yaml:11:5: warning:'

# another config than the one that is there: exit 1, the path is named, no secret is shown
cp -r "$cases/single-node-defaults" solo
sed -i 's|disk: /dev/sda|disk: /dev/sdb|; s|^  token: .*|  token: aaaaaa.bbbbbbbbbbbbbbbb|' \
	solo/clusterconfig/solo-solo.yaml
run 1 import talhelper solo unequal --prove
out_has 'solo: different'
out_has 'machine.install.disk: "/dev/sda" here, "/dev/sdb" there'
out_has 'machine.token: *** here, *** there'
out_lacks aaaaaa.bbbbbbbbbbbbbbbb
rm solo/clusterconfig/solo-solo.yaml
run 1 import talhelper solo missing --prove
out_has 'there is no solo/clusterconfig/solo-solo.yaml'
run 1 import talhelper solo nowhere --prove --against other
err_has 'there is no folder other'
[ ! -e nowhere ] || fail "written although there is nothing to compare with"

# what is there is left alone, and a talconfig that is wrong leaves nothing behind
mkdir taken && touch taken/file
run 1 import talhelper solo taken
err_has 'taken is not empty'
[ "$(ls taken)" = file ] || fail "taken was written to"
mkdir empty
run 0 import talhelper solo empty
[ -f empty/cluster.yaml ] || fail "an empty folder is not taken"
for case in "$cases"/*-err/; do
	code=3
	[ "$(basename "$case")" = sops-without-identity-err ] && code=7
	run $code import talhelper "$case" wrong
	grep -qE '^[a-z.]+\.yaml:[0-9]+:[0-9]+: error: ' "$err" || fail "no place: $case"
	[ ! -e wrong ] || fail "$case leaves a folder"
done
run 1 import talhelper nothing-there wrong
run 3 import talhelper solo
err_has DIR

# without secrets there are new ones, with a warning
rm solo/talsecret.yaml
run 0 import talhelper solo fresh
out_has '[new-secrets]'
run 0 -C fresh render

# variables of the process, files that override them
(
	cd "$cases/environment-substitution" || exit 1
	FROM_PROCESS=proc BOTH=process EMPTYP='' "$program" import talhelper . "$scratch/env" --prove
) >"$out" 2>"$err" || fail "variables: $(cat "$err")"
out_has 'n-8: equal'

# encrypted: stays so, unless it is wanted plain
key=$(sed -n 's/.*"SOPS_AGE_KEY": "\(.*\)".*/\1/p' "$cases/sops-age-secret-and-environment/args.json")
export SOPS_AGE_KEY=$key
run 0 import talhelper "$cases/sops-age-secret-and-environment" veiled --prove
out_has 'v-3: equal'
cmp -s veiled/talsecret.sops.yaml "$cases/sops-age-secret-and-environment/talsecret.sops.yaml" ||
	fail "the encrypted bundle is another"
[ ! -e veiled/talsecret.yaml ] || fail "the bundle is in clear"
out_has '[secret-in-clear]'
run 0 -C veiled render
run 0 import talhelper "$cases/sops-age-secret-and-environment" plain --plain
[ "$(stat -c %a plain/talsecret.yaml)" = 600 ] || fail "the plain bundle is for others"
err_has 'talsecret.yaml is kept in clear'
run 0 -C plain render

# a patch with a value of an encrypted file is encrypted itself
cp -r solo sealed
cp "$cases/sops-age-secret-and-environment/talenv.sops.yaml" sealed/
cat "$cases/single-node-defaults/talsecret.yaml" >sealed/talsecret.yaml
echo "patches: [\"machine: {sysctls: {a: '\${DISK}'}}\"]" >>sealed/talconfig.yaml
printf 'creation_rules: []\n' >sealed/.sops.yaml
run 0 import talhelper sealed sealed-made
cmp -s sealed/.sops.yaml sealed-made/.sops.yaml || fail ".sops.yaml is not copied"
grep -q 'a: ENC\[AES256_GCM' sealed-made/patches/global/01-inline.yaml || fail "the patch is in clear"
run 0 -C sealed-made render
grep -q 'a: /dev/sd' sealed-made/clusterconfig/solo-solo.yaml || fail "the patch is not applied"

# what Talos would refuse, old releases, files in a form that talhelper refuses
sed 's|hostname: solo|&\n    nodeTaints: {a: "b:Nope"}|' solo/talconfig.yaml >bad.yaml
cp bad.yaml solo/bad.yaml
run 3 import talhelper solo/bad.yaml wrong
err_has 'bad.yaml:8:21: error: a taint has no effect'
sed 's|v1.13.9|v1.8.0|' solo/talconfig.yaml >solo/bad.yaml
run 3 import talhelper solo/bad.yaml wrong
err_has 'bad.yaml:2:15: error: Talos 1.8 is not supported'
# what a workspace says otherwise: capitals in names, folders
sed 's|hostname: solo|hostname: Solo.Example|' \
	solo/talconfig.yaml >solo/capital.yaml
sed -i 's|^clusterName: .*|clusterName: "two words"|; s|^nodes:|controlPlane: {filenameTmpl: "{{ .Role }}/{{ .Hostname }}.yaml"}\n&|' \
	solo/capital.yaml
run 0 import talhelper solo/capital.yaml capital
run 0 -C capital render
for line in 'hostname: Solo.Example' 'clusterName: two words'; do
	grep -q "^ *$line\$" capital/clusterconfig/controlplane/Solo.Example.yaml || fail "no $line"
done
run 0 -C capital render --check

# a file that is not there is a fault of the talconfig; what ours refuses is told by its place, too
echo 'patches: ["@ none.yaml "]' | cat solo/talconfig.yaml - >solo/bad.yaml
run 3 import talhelper solo/bad.yaml wrong
err_has 'bad.yaml:11:11: error: node solo: solo/none.yaml: no such file'
sed 's|controlPlane: true|controlPlane: false|' solo/talconfig.yaml >solo/bad.yaml
run 3 import talhelper solo/bad.yaml wrong
err_has 'bad.yaml:7:5: error: no node is a control plane'
sed 's|kubernetesVersion: .*|kubernetesVersion: v1.36|' solo/talconfig.yaml >solo/bad.yaml
run 3 import talhelper solo/bad.yaml wrong
err_has 'bad.yaml:3:20: error: "v1.36" is no version'
[ ! -e wrong ] || fail "something was written"
echo 'A=b' >solo/talenv.yaml
run 3 import talhelper solo wrong
err_has 'talenv.yaml:1:1: error: '
[ ! -e wrong ] || fail "something was written"
exit 0
