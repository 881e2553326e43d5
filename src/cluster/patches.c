#include "cluster/patches.h"

#include "base/text.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <string.h>

#define FOLDER "patches"
#define TEXT_MAX ((size_t)4 << 20)

struct patch_list {
	struct patch_source *at;
	size_t len, cap;
};

struct patch_set {
	struct draft *draft;
	struct fs_names folders; /* below patches/ */
	struct patch_list global, role[ROLE_COUNT], cluster;
	struct patch_list usual[ROLE_COUNT]; /* of nodes without patches of their own */
	struct patch_list left;		     /* names of files that the folders do not take */
};

static void add_patch(struct draft *draft, struct patch_list *list,
		      const struct patch_source *patch)
{
	list->at = arena_grow(draft->arena, list->at, list->len, &list->cap, sizeof(*list->at));
	list->at[list->len++] = *patch;
}

static void add_all(struct draft *draft, struct patch_list *list, const struct patch_list *more)
{
	for (size_t i = 0; i < more->len; i++)
		add_patch(draft, list, &more->at[i]);
}

/* A patch must at least be YAML; what it says is judged by those who apply it. `at` is its mention,
 * for texts that have no file of their own. */
static bool is_yaml(struct draft *draft, const struct patch_source *patch, const char *path,
		    bool has_file)
{
	struct arena *scratch OWNED(arena_free) = arena_new("patch");
	const struct yaml_input input = { .file = patch->name,
					  .text = patch->text,
					  .len = patch->len };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	if (yaml_read(scratch, &input, &documents, &err) == 0)
		return true;
	if (has_file) {
		finding_add_err(draft->findings, "bad-patch", &err);
		return false;
	}
	finding_add(draft->findings, FINDING_ERROR, "bad-patch", patch->src, path,
		    "the patch is no YAML: %s (its line %u)", err.text, err.line);
	return false;
}

/* `mention` is where the file is named, {NULL} for those found in a folder. */
static void read_patch_file(struct draft *draft, struct patch_list *list, const char *name,
			    struct src mention, const char *path)
{
	struct file_text file;
	struct err err = ERR_INIT;
	int r = files_read(draft->files, name, &file, &err);
	struct patch_source patch = { .name = name };

	if (r < 0) {
		finding_add_err_in(draft->findings, "unreadable", &err,
				   &(struct finding_place){ mention, path });
		return;
	}
	if (r > 0) {
		finding_add(draft->findings, FINDING_ERROR, "missing-file", mention, path,
			    "there is no file %s", name);
		return;
	}
	patch.text = file.text;
	patch.len = file.len;
	patch.sealed = file.sealed;
	if (is_yaml(draft, &patch, path, true))
		add_patch(draft, list, &patch);
}

/* Files of other kinds may well lie beside patches: a page of text, a template. */
static bool could_be_patch(const char *name)
{
	return text_ends(name, ".yaml") || text_ends(name, ".yml") || text_ends(name, ".json");
}

static void read_folder(struct patch_set *set, struct patch_list *list, const char *name)
{
	struct draft *draft = set->draft;
	const char *folder = fs_join(draft->arena, FOLDER, name);
	struct fs_names names = { 0 };
	struct err err = ERR_INIT;

	if (files_list(draft->files, folder, "", &names, &err) < 0)
		finding_add_err(draft->findings, "unreadable", &err);
	for (size_t i = 0; i < names.len; i++) {
		const char *path = fs_join(draft->arena, folder, names.at[i]);

		if (text_ends(path, ".yaml"))
			read_patch_file(draft, list, path, (struct src){ .file = path }, "");
		else if (could_be_patch(path))
			add_patch(draft, &set->left, &(struct patch_source){ .name = path });
	}
}

static const char *inline_text(struct arena *arena, const struct value *value)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	if (value_text(value))
		return arena_strn(arena, value_text(value), value_text_len(value));
	yaml_write(&text, value, &yaml_style_talos);
	return arena_strn(arena, str_text(&text), text.len);
}

/* The entries of a `patches` key; `file` and `path` say whose. */
static void read_inline(struct draft *draft, struct patch_list *list, const struct value *patches,
			const char *file, const char *path)
{
	for (size_t i = 0; i < value_len(patches); i++) {
		const struct value *value = value_at(patches, i);
		const char *text = value_text(value);
		const char *where = path_index(draft->arena, path, i);
		struct patch_source patch = { .src = value_src(value) };

		if (text && text[0] == '@') {
			read_patch_file(draft, list, arena_str(draft->arena, text + 1),
					value_src(value), where);
			continue;
		}
		if (!text && !value_is_map(value) && !value_is_list(value))
			continue;
		patch.name = arena_printf(draft->arena, "%s: %s", file, where);
		patch.text = inline_text(draft->arena, value);
		patch.len = strlen(patch.text);
		if (is_yaml(draft, &patch, where, false))
			add_patch(draft, list, &patch);
	}
}

/* A folder that nobody has may hold what is named one by one. */
static bool any_is_named(const struct draft *draft, const char *folder)
{
	const char *path = fs_join(draft->arena, FOLDER, folder);
	struct fs_names names = { 0 };
	struct err err = ERR_INIT;

	if (files_list(draft->files, path, "", &names, &err) < 0)
		return false;
	for (size_t i = 0; i < names.len; i++)
		if (files_was_read(draft->files, fs_join(draft->arena, path, names.at[i])))
			return true;
	return false;
}

static bool belongs_to_somebody(const struct draft *draft, const char *folder)
{
	if (strcmp(folder, "global") == 0)
		return true;
	for (int role = 0; role < ROLE_COUNT; role++)
		if (strcmp(folder, role_folder((enum role)role)) == 0)
			return true;
	for (size_t i = 0; i < draft->nodes; i++)
		if (text_equal(folder, draft->node[i].name))
			return true;
	return false;
}

static void unknown_folder(struct draft *draft, const char *folder)
{
	const char **names = arena_calloc(draft->arena, draft->nodes + 3, sizeof(*names));
	const char *near, *path = fs_join(draft->arena, FOLDER, folder);
	size_t count = 0;

	names[count++] = "global";
	for (int role = 0; role < ROLE_COUNT; role++)
		names[count++] = role_folder((enum role)role);
	for (size_t i = 0; i < draft->nodes; i++)
		if (draft->node[i].name)
			names[count++] = draft->node[i].name;
	near = text_nearest(folder, names, count);
	finding_add(draft->findings, FINDING_WARNING, "unknown-patch-folder",
		    (struct src){ .file = path }, "", "%s belongs to no node, so nothing uses it",
		    path);
	if (near)
		finding_hint(draft->findings, "did you mean %s/%s?", FOLDER, near);
}

static void read_folders(struct draft *draft, struct fs_names *folders)
{
	struct err err = ERR_INIT;

	if (files_folders(draft->files, FOLDER, folders, &err) < 0)
		finding_add_err(draft->findings, "unreadable", &err);
}

/* Before and behind what is the node's own. */
static void add_common(const struct patch_set *set, enum role role, struct patch_list *list)
{
	add_all(set->draft, list, &set->global);
	add_all(set->draft, list, &set->role[role]);
}

struct patch_set *patches_read(struct draft *draft)
{
	struct patch_set *set = arena_alloc(draft->arena, sizeof(*set));

	set->draft = draft;
	read_folders(draft, &set->folders);
	read_folder(set, &set->global, "global");
	for (int role = 0; role < ROLE_COUNT; role++)
		read_folder(set, &set->role[role], role_folder((enum role)role));
	read_inline(draft, &set->cluster, draft->in.patches, "cluster.yaml", "patches");
	for (int role = 0; role < ROLE_COUNT; role++) {
		add_common(set, (enum role)role, &set->usual[role]);
		add_all(draft, &set->usual[role], &set->cluster);
	}
	return set;
}

static void read_documents(struct draft *draft, struct patch_list *list,
			   const struct value *documents, size_t index)
{
	const char *path = path_key(draft->arena, path_index(draft->arena, "nodes", index),
				    "documents");
	size_t first = list->len;

	read_inline(draft, list, documents, "nodes.yaml", path);
	for (size_t i = first; i < list->len; i++)
		list->at[i].verbatim = true;
}

static bool has_folder(const struct patch_set *set, const char *name)
{
	for (size_t i = 0; i < set->folders.len; i++)
		if (text_equal(set->folders.at[i], name))
			return true;
	return false;
}

void patches_of_node(struct patch_set *set, struct node *node, const struct node_input *input)
{
	struct draft *draft = set->draft;
	struct patch_list list = set->usual[node->role];

	if (value_len(input->patches) || value_len(input->documents) ||
	    has_folder(set, node->name)) {
		const char *index = path_index(draft->arena, "nodes", node->index);
		const char *path = path_key(draft->arena, index, "patches");

		list = (struct patch_list){ 0 };
		add_common(set, node->role, &list);
		if (has_folder(set, node->name))
			read_folder(set, &list, node->name);
		add_all(draft, &list, &set->cluster);
		read_inline(draft, &list, input->patches, "nodes.yaml", path);
		read_documents(draft, &list, input->documents, node->index);
	}
	node->patch = list.at;
	node->patches = list.len;
}

static void unused_file(struct draft *draft, const char *path, const char *hint)
{
	if (files_was_read(draft->files, path))
		return;
	finding_add(draft->findings, FINDING_WARNING, "unused-patch", (struct src){ .file = path },
		    "", "%s belongs to no node, so nothing uses it", path);
	finding_hint(draft->findings, "%s", hint);
}

void patches_find_unused(const struct patch_set *set)
{
	struct draft *draft = set->draft;
	struct fs_names names = { 0 };
	struct err err = ERR_INIT;

	for (size_t i = 0; i < set->folders.len; i++) {
		const char *folder = set->folders.at[i];

		if (!belongs_to_somebody(draft, folder) && !any_is_named(draft, folder))
			unknown_folder(draft, folder);
	}
	for (size_t i = 0; i < set->left.len; i++)
		unused_file(draft, set->left.at[i].name, "only files that end in .yaml are read");
	if (files_list(draft->files, FOLDER, "", &names, &err) < 0)
		finding_add_err(draft->findings, "unreadable", &err);
	for (size_t i = 0; i < names.len; i++)
		if (could_be_patch(names.at[i]))
			unused_file(draft, fs_join(draft->arena, FOLDER, names.at[i]),
				    "put it into the folder of those it is for: global, "
				    "controller, worker or the name of a node");
}
