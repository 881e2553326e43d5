#include "cli/kubeconfig_merge.h"

#include "base/arena.h"
#include "base/fs.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
#define HEAD "apiVersion: v1\nkind: Config\n"
#define CLUSTER(name, ca) "- name: " name "\n  cluster:\n    certificate-authority-data: " ca "\n"
#define USER(name, key) "- name: " name "\n  user:\n    client-key-data: " key "\n"
#define CONTEXT(name) "- name: " name "\n  context:\n    cluster: " name "\n"
#define CURRENT(name) "current-context: " name "\n"

#define MINE HEAD \
	"clusters:\n" CLUSTER("home", "Y2E=") \
	"users:\n" USER("admin@home", "bmV3") \
	"contexts:\n" CONTEXT("admin@home") \
	CURRENT("admin@home")

static const struct {
	const char *name, *theirs, *merged; /* NULL: no file; refused */
} rows[] = {
	{ "no file", NULL, MINE },
	{ "an empty file", "", MINE },
	{ "another cluster stays, in front and current",
	  HEAD "clusters:\n" CLUSTER("work", "d29yaw==")
	  "users:\n" USER("me", "bWU=")
	  "contexts:\n" CONTEXT("work")
	  CURRENT("work") "preferences: {}\n",
	  HEAD "clusters:\n" CLUSTER("work", "d29yaw==") CLUSTER("home", "Y2E=")
	  "users:\n" USER("me", "bWU=") USER("admin@home", "bmV3")
	  "contexts:\n" CONTEXT("work") CONTEXT("admin@home")
	  CURRENT("work") "preferences: {}\n" },
	{ "an older key is replaced in its place",
	  HEAD "clusters:\n" CLUSTER("home", "Y2E=") CLUSTER("work", "d29yaw==")
	  "users:\n" USER("admin@home", "b2xk") USER("me", "bWU=")
	  "contexts:\n" CONTEXT("admin@home")
	  CURRENT("\"\""),
	  HEAD "clusters:\n" CLUSTER("home", "Y2E=") CLUSTER("work", "d29yaw==")
	  "users:\n" USER("admin@home", "bmV3") USER("me", "bWU=")
	  "contexts:\n" CONTEXT("admin@home")
	  CURRENT("admin@home") },
	{ "another cluster of that name", HEAD "clusters:\n" CLUSTER("home", "b3RoZXI="), NULL },
	{ "no kubeconfig", "apiVersion: v1\nkind: Secret\n", NULL },
	{ "no YAML", "a: [", NULL },
};
/* clang-format on */

Test(kubeconfig_merge, rows)
{
	char folder[] = "/tmp/talforge-merge-XXXXXX";

	cr_assert_not_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const char *file = fs_join(arena, folder, "config");
		struct err err = ERR_INIT;
		bool changed = false;
		char *text;
		size_t len;

		unlink(file);
		if (rows[i].theirs)
			cr_assert_eq(fs_write(file, rows[i].theirs, strlen(rows[i].theirs), 0644,
					      NULL, NULL),
				     0);
		int r = kubeconfig_merge(file, MINE, sizeof(MINE) - 1, &changed, &err);
		cr_assert_eq(r, rows[i].merged ? 0 : -1, "%s: %s", rows[i].name, err.text);

		const char *expected = rows[i].merged ? rows[i].merged : rows[i].theirs;
		mode_t mode;
		cr_assert_eq(fs_read(arena, file, 1 << 20, &text, &len, &err), 0);
		cr_assert_str_eq(text, expected, "%s", rows[i].name);
		if (r < 0) {
			unlink(file);
			continue;
		}
		cr_assert(changed, "%s", rows[i].name);
		cr_assert_eq(fs_mode(file, &mode, NULL), 0);
		cr_assert_eq(mode, 0600);
		cr_assert_eq(kubeconfig_merge(file, MINE, sizeof(MINE) - 1, &changed, &err), 0);
		cr_assert_not(changed, "%s", rows[i].name);
		unlink(file);
	}
	rmdir(folder);
}
