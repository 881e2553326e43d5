#include "cli/kubeconfig_merge.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "tree/yaml.h"

#include <string.h>

#define KUBECONFIG_MAX ((size_t)4 << 20)

static const struct yaml_style style = { .indent = 2, .flat_lists = true };

/* The lists that are merged by the name of their entries, and what of an entry says whose it is. */
static const struct {
	const char *key, *inner, *whose;
} lists[] = {
	{ "clusters", "cluster", "certificate-authority-data" },
	{ "users", "user", NULL },
	{ "contexts", "context", NULL },
};

static const struct value *named(const struct value *list, const char *name)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (text_equal(value_get_text(value_at(list, i), "name"), name))
			return value_at(list, i);
	return NULL;
}

static int check_owner(const struct value *mine, const struct value *theirs, size_t row,
		       struct err *err)
{
	const char *key = lists[row].whose;
	const struct value *a = value_get(mine, lists[row].inner);
	const struct value *b = value_get(theirs, lists[row].inner);
	const char *name = value_get_text(mine, "name");

	if (!key || !theirs || text_equal(value_get_text(a, key), value_get_text(b, key)))
		return 0;
	err_set(err, ERR_CONFLICT, "it has a cluster \"%s\" with another CA", name);
	return err_hint(err, "remove it with: kubectl config delete-cluster %s", name);
}

/* Theirs, with mine in the place of those of the same name, or behind. */
static int merge_list(struct arena *arena, const struct value *const pair[2], size_t row,
		      const struct value **out, struct err *err)
{
	const struct value *mine = value_get(pair[0], lists[row].key);
	const struct value *theirs = value_get(pair[1], lists[row].key);
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(theirs); i++) {
		const struct value *entry = value_at(theirs, i);
		const char *name = value_get_text(entry, "name");
		const struct value *over = name ? named(mine, name) : NULL;

		if (over && check_owner(over, entry, row, err) < 0)
			return -1;
		list_add(list, over ? over : entry);
	}
	for (size_t i = 0; i < value_len(mine); i++)
		if (!named(theirs, value_get_text(value_at(mine, i), "name")))
			list_add(list, value_at(mine, i));
	*out = list_end(list);
	return 0;
}

static int merge(struct arena *arena, const struct value *mine, const struct value *theirs,
		 const struct value **out, struct err *err)
{
	const struct value *const pair[2] = { mine, theirs };
	const char *current = value_get_text(theirs, "current-context");
	const struct value *merged = theirs;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		const struct value *list;

		if (merge_list(arena, pair, i, &list, err) < 0)
			return -1;
		merged = value_set(arena, merged, lists[i].key, list);
	}
	if (!current || !*current)
		merged = value_set(arena, merged, "current-context",
				   value_get(mine, "current-context"));
	*out = merged;
	return 0;
}

static int read_theirs(struct arena *arena, const char *file, const struct value **out,
		       struct err *err)
{
	struct yaml_input input = { .file = file, .sensitive = true };
	struct yaml_documents documents;
	char *text;

	if (fs_read(arena, file, KUBECONFIG_MAX, &text, &input.len, err) < 0)
		return -1;
	input.text = text;
	if (yaml_read(arena, &input, &documents, err) < 0)
		return -1;
	if (documents.len == 0 || value_is_null(documents.at[0])) {
		*out = NULL;
		return 0;
	}
	if (documents.len > 1 || !text_equal(value_get_text(documents.at[0], "kind"), "Config")) {
		err_set(err, ERR_INPUT, "this is no kubeconfig");
		return err_at(err, file, 1, 1);
	}
	*out = documents.at[0];
	return 0;
}

static int merge_into(const char *file, const char *text, size_t len, enum fs_written *written,
		      struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfigs");
	struct str out SCOPED(str_done) = STR_INIT(KUBECONFIG_MAX);
	const struct yaml_input input = { .file = "kubeconfig", .text = text, .len = len };
	const struct value *theirs = NULL, *merged;
	struct yaml_documents mine;

	if (yaml_read(arena, &input, &mine, err) < 0 ||
	    (fs_exists(file) && read_theirs(arena, file, &theirs, err) < 0))
		return -1;
	if (!theirs)
		return fs_write(file, text, len, 0600, written, err);
	if (merge(arena, mine.at[0], theirs, &merged, err) < 0)
		return -1;
	yaml_write(&out, merged, &style);
	return fs_write(file, out.at, out.len, 0600, written, err);
}

int kubeconfig_merge(const char *file, const char *text, size_t len, bool *changed,
		     struct err *err)
{
	enum fs_written written;

	if (merge_into(file, text, len, &written, err) < 0)
		return err_wrap(err, "merge the kubeconfig into %s", file);
	*changed = written == FS_CHANGED;
	return 0;
}
