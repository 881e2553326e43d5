/* A workspace that was migrated is migrated: there is nothing to do. */
#include "convert/migrate.h"

#include "base/own.h"
#include "unit/convert/migrate_site.h"

#include <criterion/criterion.h>
#include <string.h>

/* Patches with something that stays, is deleted, or is no merge. */
static const char *const patches[] = {
	"machine: {kubelet: {extraMounts: [{destination: /var/a, source: /var/a, type: bind}]}}\n",
	"cluster: {apiServer: {extraVolumes: [{hostPath: /a, mountPath: /b}], certSANs: [a.b]}}\n",
	"machine: {features: {hostDNS: {$patch: delete}}}\n",
	"cluster: {network: {cni: {name: none}}, allowSchedulingOnControlPlanes: true}\n",
	"machine: {install: {extraKernelArgs: [a=b], grubUseUKICmdline: false}}\n",
	"- {op: remove, path: /cluster/apiServer/admissionControl}\n",
	"machine: {network: {interfaces: [{interface: eth0, ignore: true}]}}\n",
	"machine: {certSANs: [x.lan], sysctls: {a: '1'}}\n",
};

Test(migrate_again, nothing_is_left_to_do)
{
	for (size_t i = 0; i < ARRAY_LEN(patches); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct migrate_site site;
		struct migration first, second;
		struct err err = ERR_INIT;

		site_begin(&site, arena, NULL);
		site_file(&site, "patches/controller/p.yaml", patches[i]);
		cr_assert_eq(site_migrate(&site, arena, NULL, &first, &err), 0, "%s: %s",
			     patches[i], err.text);
		site_apply(&site, &first);
		cr_assert_eq(site_migrate(&site, arena, NULL, &second, &err), 0, "%s: %s",
			     patches[i], err.text);
		cr_assert_eq(second.files, 0, "%s: %s", patches[i],
			     second.files ? second.file[0].name : "");
	}
}

/* The files that inline patches became are named by the list, and stay. */
Test(migrate_again, files_of_a_list_are_kept)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration first, second;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site.file[0].text = arena_printf(arena, "%spatches:\n- machine: {sysctls: {a: '1'}}\n",
					 site.file[0].text);
	site.file[0].len = strlen(site.file[0].text);
	cr_assert_eq(site_migrate(&site, arena, NULL, &first, &err), 0, "%s", err.text);
	site_apply(&site, &first);
	site_file(&site, "patches/global/more.yaml", "machine: {sysfs: {b: c}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &second, &err), 0, "%s", err.text);
	cr_assert_eq(second.files, 1, "%zu", second.files);
	cr_assert_str_eq(second.file[0].name, "patches/global/more.yaml");
}

/* Valid as 1.14 with a section that has a document: it is converted, and nothing else changes. */
Test(migrate_again, what_is_added_later_in_the_old_form)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct migrate_site site;
	struct migration first, second;
	struct err err = ERR_INIT;

	site_begin(&site, arena, NULL);
	site_file(&site, "patches/controller/p.yaml",
		  "cluster: {network: {cni: {name: none}}, "
		  "allowSchedulingOnControlPlanes: true}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &first, &err), 0, "%s", err.text);
	site_apply(&site, &first);
	site_file(&site, "patches/w1/late.yaml", "machine: {sysctls: {a: '1'}}\n");
	cr_assert_eq(site_migrate(&site, arena, NULL, &second, &err), 0, "%s", err.text);
	cr_assert_eq(second.files, 1, "%zu", second.files);
	cr_assert_str_eq(site_text(&second, "patches/w1/late.yaml"),
			 "apiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n  a: \"1\"\n");
}
