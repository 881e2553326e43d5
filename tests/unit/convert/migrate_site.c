#include "unit/convert/migrate_site.h"

#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static const char nodes[] = "nodes:\n"
			    "  - name: cp1\n"
			    "    address: 10.0.0.11\n"
			    "    controller: true\n"
			    "    disk: /dev/sda\n"
			    "  - name: w1\n"
			    "    address: 10.0.0.21\n"
			    "    controller: false\n"
			    "    disk: /dev/sdb\n";

void site_begin(struct migrate_site *site, struct arena *arena, const char *contract)
{
	site->files = 0;
	site_file(site, "cluster.yaml",
		  arena_printf(arena,
			       "cluster_name: lab\n"
			       "cluster_endpoint: https://10.0.0.10:6443\n"
			       "talos_version: v1.13.9\n"
			       "kubernetes_version: v1.36.3\n"
			       "cni: flannel\n"
			       "%s%s%s",
			       contract ? "contract: " : "", contract ? contract : "",
			       contract ? "\n" : ""));
	site_file(site, "nodes.yaml", nodes);
}

void site_file(struct migrate_site *site, const char *name, const char *text)
{
	cr_assert_lt(site->files, SITE_FILES_MAX);
	site->file[site->files++] = (struct file_text){ name, text, strlen(text) };
}

int site_migrate(const struct migrate_site *site, struct arena *arena,
		 const struct migrate_row *map, struct migration *out, struct err *err)
{
	struct migrate_input input = {
		.file = site->file,
		.files = site->files,
		.to = "v1.14",
		.map = map,
	};

	return migrate(arena, &input, out, err);
}

const char *site_text(const struct migration *migration, const char *name)
{
	for (size_t i = 0; i < migration->files; i++)
		if (text_equal(migration->file[i].name, name) && migration->file[i].text)
			return migration->file[i].text;
	return "";
}

const char *site_patches(struct arena *arena, const struct migration *migration)
{
	const char *all = "";

	for (size_t i = 0; i < migration->files; i++) {
		const struct migrate_file *file = &migration->file[i];

		if (file->text && text_starts(file->name, "patches/"))
			all = arena_printf(arena, "%s== %s\n%s", all, file->name, file->text);
	}
	return all;
}

const struct migrate_stay *site_stay(const struct migration *migration, const char *path)
{
	for (size_t i = 0; i < migration->stays; i++)
		if (text_equal(migration->stay[i].path, path))
			return &migration->stay[i];
	return NULL;
}

void site_apply(struct migrate_site *site, const struct migration *migration)
{
	for (size_t i = 0; i < migration->files; i++) {
		const struct migrate_file *new = &migration->file[i];
		size_t at = 0;

		while (at < site->files && !text_equal(site->file[at].name, new->name))
			at++;
		if (!new->text) {
			site->file[at] = site->file[--site->files];
			continue;
		}
		cr_assert_lt(at, SITE_FILES_MAX);
		site->files += at == site->files;
		site->file[at] = (struct file_text){ new->name, new->text, new->len, new->sealed };
	}
}
