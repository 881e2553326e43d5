#include "convert/migrate_try.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/workspace.h"
#include "render/render_parts.h"
#include "render/schema.h"
#include "render/validate.h"
#include "tree/json.h"
#include "tree/yaml.h"

#include <string.h>

#define TEXT_MAX ((size_t)8 << 20)
#define INLINE "migrated"

static const struct yaml_style style = { .indent = 2, .flat_lists = false, .single_words = true };

static size_t users_of(const struct migrating_patch *patch)
{
	return patch->users[ROLE_CONTROL] + patch->users[ROLE_WORKER];
}

/* The comment lines a file begins with. */
static const char *head_of(struct arena *arena, const char *text)
{
	const char *end = text;

	while (*end == '#')
		end += strcspn(end, "\n") + (end[strcspn(end, "\n")] == '\n');
	return arena_strn(arena, text, (size_t)(end - text));
}

/* What is in a file of JSON stays JSON, where that has room for it. */
static bool stays_json(const char *name, const struct value *documents)
{
	return text_ends(name, ".json") && value_len(documents) == 1;
}

static const char *json_of(struct arena *arena, const struct value *document)
{
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);

	json_write(&out, document,
		   &(struct json_style){ .form = JSON_INDENTED, .show_sensitive = true });
	str_addc(&out, '\n');
	return arena_str(arena, str_text(&out));
}

static const char *text_of(struct arena *arena, const char *head, const struct value *documents)
{
	struct str out SCOPED(str_done) = STR_INIT(TEXT_MAX);

	str_add(&out, head);
	for (size_t i = 0; i < value_len(documents); i++) {
		if (i)
			str_add(&out, "---\n");
		yaml_write(&out, value_at(documents, i), &style);
	}
	return arena_str(arena, str_text(&out));
}

static const struct value *joined(struct arena *arena, const struct value *a,
				  const struct value *b)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < value_len(a); i++)
		list_add(list, value_at(a, i));
	for (size_t i = 0; i < value_len(b); i++)
		list_add(list, value_at(b, i));
	return list_end(list);
}

/* Documents for control planes alone go where those have their patches, before the others. */
static void put_control(const struct migrating *m, struct file_set *set, const char *name,
			const struct value *documents, bool sealed)
{
	const char *base = strrchr(name, '/');
	const char *path = arena_printf(m->arena, "patches/%s/00-%s", role_folder(ROLE_CONTROL),
					base ? base + 1 : name);

	if (!value_len(documents))
		return;
	path = file_set_free_name(set, path);
	file_set_put(set, path, text_of(m->arena, "", documents));
	if (sealed)
		file_set_seal(set, path);
}

/* `name` is where the patch's text goes; an empty one vanishes. False: there is nothing left. */
static bool put_patch(const struct migrating *m, struct file_set *set,
		      const struct migrating_patch *patch, const char *name)
{
	const struct migrated_patch *result = &patch->result;
	const struct value *documents = result->documents;
	const char *head = head_of(m->arena, patch->source->text);

	if (!patch->users[ROLE_WORKER])
		documents = joined(m->arena, documents, result->control);
	else if (patch->users[ROLE_CONTROL])
		put_control(m, set, name, result->control, patch->source->sealed);
	if (!value_len(documents)) {
		file_set_remove(set, name);
		return false;
	}
	file_set_put(set, name,
		     stays_json(name, documents) ? json_of(m->arena, value_at(documents, 0))
						 : text_of(m->arena, head, documents));
	if (patch->source->sealed)
		file_set_seal(set, name);
	return true;
}

static const struct migrating_patch *patch_named(const struct migrating *m, const char *name)
{
	for (size_t i = 0; i < m->patches; i++)
		if (text_equal(m->patch[i].source->name, name))
			return &m->patch[i];
	return NULL;
}

struct inline_patches {
	const char *file, *path; /* "cluster.yaml", "patches" */
	const struct value *map; /* that has the key */
};

/* Patches inside another file become files beside it, so that the rest of it stays as it is. */
static int move_inline(const struct migrating *m, struct file_set *set,
		       const struct inline_patches *where, struct err *err)
{
	const struct value *list = value_get(where->map, "patches");
	const char **names = arena_calloc(m->arena, value_len(list) + 1, sizeof(*names));
	bool *made = arena_calloc(m->arena, value_len(list) + 1, sizeof(*made));
	bool changed = false;
	size_t count = 0;

	for (size_t i = 0; i < value_len(list); i++) {
		const char *text = value_text(value_at(list, i));
		const char *name =
			arena_printf(m->arena, "%s: %s[%zu]", where->file, where->path, i);
		const struct migrating_patch *patch = patch_named(m, name);

		if (text && text[0] == '@') {
			if (file_set_get(set, text + 1))
				names[count++] = text + 1;
			else
				changed = true;
			continue;
		}
		if (!patch)
			continue;
		changed = changed || patch->result.changed;
		name = arena_printf(m->arena, INLINE "/%.*s-%zu.yaml",
				    (int)strcspn(where->file, "."), where->file, i);
		name = file_set_free_name(set, name);
		made[count] = put_patch(m, set, patch, name);
		if (file_set_is_sealed(set, where->file))
			file_set_seal(set, name);
		if (made[count])
			names[count++] = name;
	}
	if (changed)
		return files_set_patches(set, where->file, where->map, names, count, err);
	for (size_t i = 0; i < count; i++)
		if (made[i])
			file_set_remove(set, names[i]);
	return 0;
}

static int put_patches(const struct migrating *m, struct file_set *set, struct err *err)
{
	struct inline_patches where = { "cluster.yaml", "patches", m->cluster->raw };

	for (size_t i = 0; i < m->patches; i++) {
		const struct migrating_patch *patch = &m->patch[i];

		if (patch->result.changed && !patch->source->src.file && users_of(patch))
			(void)put_patch(m, set, patch, patch->source->name);
	}
	/* The last first: the places of those before stay true. */
	for (size_t i = m->cluster->nodes; i-- > 0;) {
		const struct node *node = &m->cluster->node[i];
		struct inline_patches own = {
			"nodes.yaml",
			arena_printf(m->arena, "nodes[%zu].patches", node->index),
			node->raw,
		};

		if (move_inline(m, set, &own, err) < 0)
			return -1;
	}
	return move_inline(m, set, &where, err);
}

/* What a document leaves empty it does not say. */
static const struct value *without_empty(struct arena *arena, const struct value *map)
{
	const struct value *out = map;

	for (size_t i = 0; i < value_len(map); i++) {
		const struct value *value = value_at(map, i);
		bool empty = !value_len(value);

		if (value_kind(value) == VALUE_SCALAR)
			empty = !*value_text(value);

		if (empty)
			out = value_set(arena, out, value_key_at(map, i), NULL);
	}
	return out;
}

/* An empty list of search domains is in no printed form, but it says that there are to be none. */
static void keep_no_domains(const struct config *before, struct made_list *made)
{
	for (size_t i = 0; i < before->len; i++) {
		const struct document *document = &before->at[i];
		const struct value *said = document->loaded ? document->loaded : document->value;
		const struct value *domains = NULL;

		if (!strcmp(document->kind, SCHEMA_MAIN))
			domains = main_get(said, "machine.network.searchDomains");
		else if (!strcmp(document->kind, "ResolverConfig"))
			domains = value_get(value_get(said, "searchDomains"), "domains");
		if (value_is_list(domains) && !value_len(domains))
			made_set(made, "ResolverConfig", NULL, "searchDomains.domains", domains);
	}
}

/* The documents a node should have: its old config through the map, and what was typed already. */
static int target_of(const struct migrating *m, size_t node, struct config *out, struct err *err)
{
	const struct config *before = &m->before[node];
	const struct document *main = config_find(before, SCHEMA_MAIN, NULL);
	struct conversion conversion = {
		.arena = m->arena,
		.map = m->map,
		.stays = m->stays,
		.main = main ? main->value : NULL,
		.typed = before,
		.whole = true,
		.complete = m->documents,
		.control = m->cluster->node[node].role == ROLE_CONTROL,
		.talos_before = m->cluster->talos,
		.talos = m->talos,
	};
	struct list_builder *list = list_begin(m->arena);

	conversion_run(&conversion);
	for (size_t i = 0; i < before->len; i++) {
		const struct document *document = &before->at[i];
		const char *name = document->name[0] ? document->name : NULL;
		struct made *made;

		if (document == main)
			continue;
		made = made_get(&conversion.made, document->kind, name);
		made->set.root = value_merge(m->arena, made->set.root,
					     without_empty(m->arena, document->value));
	}
	if (!m->stays[MIGRATE_RESOLVER])
		keep_no_domains(before, &conversion.made);
	if (conversion.rest)
		list_add(list, conversion.rest);
	made_values(&conversion.made, list);
	const struct value *all = list_end(list);
	const struct value **documents = arena_calloc(m->arena, value_len(all) + 1, sizeof(void *));
	for (size_t i = 0; i < value_len(all); i++)
		documents[i] = value_at(all, i);
	return documents_build(m->arena, documents, value_len(all), out, err);
}

static bool is_in_map(const char *kind)
{
	for (size_t i = 0; i < MIGRATE_SUBSYSTEM_COUNT; i++)
		for (const char *const *at = migrate_groups[i].kinds; *at; at++)
			if (text_equal(*at, kind))
				return true;
	return text_equal(kind, SCHEMA_MAIN);
}

/* Whether all that `a` sets below `path` is set so in `b`. */
static bool is_covered(const struct migrating *m, const struct settings_side *a,
		       const struct settings_side *b, const char *path)
{
	struct settings one, other;

	settings_read(m->arena, a, &one);
	settings_read(m->arena, b, &other);
	for (size_t i = 0; i < map_len(one.at); i++) {
		const char *key = map_key_at(one.at, i);

		if (text_starts(key, path) && !text_ends(key, ".grubUseUKICmdline") &&
		    !text_equal(value_text(map_at(one.at, i)),
				value_text(settings_get(&other, key))))
			return false;
	}
	return true;
}

/* What is as it should be, though it may be written in another way: an expression that selects the
 * same disk, or links as sections of one node and as documents of another. */
struct alike {
	bool install, links;
};

static bool is_of(const char *kind, enum migrate_subsystem subsystem)
{
	for (const char *const *at = migrate_groups[subsystem].kinds; *at; at++)
		if (text_equal(*at, kind))
			return true;
	return false;
}

/* Links that were in one form only and would be in both, perhaps one of them in parts. */
static bool is_mixed(const struct config *before, const struct config *has)
{
	const struct document *main = config_find(has, SCHEMA_MAIN, NULL);
	const struct value *devices =
		main ? main_get(main->value, "machine.network.interfaces") : NULL;

	for (size_t i = 0; value_len(devices) && i < has->len; i++)
		if (is_of(has->at[i].kind, MIGRATE_LINKS) &&
		    !config_find(before, has->at[i].kind, has->at[i].name))
			return true;
	return false;
}

static bool is_skipped(const struct alike *alike, const char *kind)
{
	return (alike->install && is_of(kind, MIGRATE_INSTALL)) ||
	       (alike->links && is_of(kind, MIGRATE_LINKS));
}

/* The main document of `has` with the devices that `wants` has. */
static struct document with_devices(const struct migrating *m, const struct document *has,
				    const struct config *wants)
{
	static const char path[] = "machine.network.interfaces";
	const struct document *like = config_find(wants, SCHEMA_MAIN, NULL);
	const struct value *devices = like ? main_get(like->value, path) : NULL;
	struct draft draft = { .arena = m->arena };
	struct document out = *has;

	draft.root = main_strip(m->arena, has->value, path);
	if (devices)
		draft_put(&draft, path, devices);
	out.value = draft.root;
	return out;
}

static const struct value *missing_of(const struct migrating *m, const struct config *has,
				      const struct config *wants, const struct alike *alike)
{
	struct made_list made = { .arena = m->arena };
	struct list_builder *list = list_begin(m->arena);

	for (size_t i = 0; i < has->len; i++) {
		struct document document = has->at[i];

		if (is_skipped(alike, document.kind) || !is_in_map(document.kind))
			continue;
		if (alike->links && text_equal(document.kind, SCHEMA_MAIN))
			document = with_devices(m, &document, wants);
		made_difference(&made, &document,
				config_find(wants, document.kind, document.name));
	}
	for (size_t i = 0; i < wants->len; i++) {
		const struct document *document = &wants->at[i];

		if (!config_find(has, document->kind, document->name) &&
		    !is_skipped(alike, document->kind))
			made_difference(&made, NULL, document);
	}
	made_values(&made, list);
	return list_end(list);
}

static bool has_document(const struct value *list, const struct value *document)
{
	for (size_t i = 0; i < value_len(list); i++)
		if (value_equal(value_at(list, i), document))
			return true;
	return false;
}

/* Whether every node, or every one of a role, lacks it. */
static bool all_lack(const struct migrating *m, const struct value *const *missing,
		     const struct value *document, enum role role)
{
	for (size_t i = 0; i < m->cluster->nodes; i++) {
		if (role != ROLE_COUNT && m->cluster->node[i].role != role)
			continue;
		if (!has_document(missing[i], document))
			return false;
	}
	return true;
}

static bool is_in_folder(const char *file, const char *folder)
{
	static const char patches[] = "patches/";
	size_t len = strlen(folder);

	return text_starts(file, patches) && text_starts(file + strlen(patches), folder) &&
	       file[strlen(patches) + len] == '/';
}

/* Whether a part of it was said of that node, or of the nodes one by one. */
static bool is_own(const struct value *value, const struct node *node)
{
	struct src src = value_src(value);

	if (src.file && (text_starts(src.file, "nodes.yaml") || is_in_folder(src.file, node->name)))
		return true;
	for (size_t i = 0; i < value_len(value); i++)
		if (is_own(value_at(value, i), node))
			return true;
	return false;
}

static bool is_of_role(const struct value *value, enum role role)
{
	struct src src = value_src(value);

	if (src.file && is_in_folder(src.file, role_folder(role)))
		return true;
	for (size_t i = 0; i < value_len(value); i++)
		if (is_of_role(value_at(value, i), role))
			return true;
	return false;
}

static bool is_of_patches(const struct value *value)
{
	struct src src = value_src(value);

	if (src.file && !text_starts(src.file, "nodes.yaml"))
		return true;
	for (size_t i = 0; i < value_len(value); i++)
		if (is_of_patches(value_at(value, i)))
			return true;
	return false;
}

/* The disk is the node's, also where all nodes have the same one. */
static bool is_disk(const struct value *document)
{
	const struct value *section = main_get(document, "machine.install");
	const struct value *match = main_get(document, "provisioning.diskSelector");

	return (value_has(section, "disk") || value_has(section, "diskSelector") || match) &&
	       !is_of_patches(section ? section : match);
}

/* As wide as what it comes from, and no wider than those who lack it. */
static const char *scope_of(const struct migrating *m, const struct value *const *missing,
			    size_t node, const struct value *document)
{
	enum role role = m->cluster->node[node].role;
	const char *kind = value_get_text(document, "kind");

	if (is_own(document, &m->cluster->node[node]) || is_disk(document) ||
	    !all_lack(m, missing, document, role))
		return m->cluster->node[node].name;
	if (is_of_role(document, role) || (kind && migrate_is_control_kind(kind)) ||
	    !all_lack(m, missing, document, ROLE_COUNT))
		return role_folder(role);
	return "global";
}

/* What is added may be made of what an encrypted patch of these nodes says. */
static bool is_secret(const struct migrating *m, const struct file_set *set, const char *scope)
{
	if (file_set_is_sealed(set, "cluster.yaml") || file_set_is_sealed(set, "nodes.yaml"))
		return true;
	for (size_t i = 0; i < m->cluster->nodes; i++) {
		const struct node *node = &m->cluster->node[i];

		if (!text_equal(scope, "global") && !text_equal(scope, node->name) &&
		    !text_equal(scope, role_folder(node->role)))
			continue;
		for (size_t k = 0; k < node->patches; k++)
			if (node->patch[k].sealed)
				return true;
	}
	return false;
}

static void add_to_file(const struct migrating *m, struct file_set *set, const char *scope,
			const struct value *document)
{
	const char *name = arena_printf(m->arena, "patches/%s/" MIGRATE_ADDED, scope);
	const struct file_text *old = file_set_get(set, name);
	struct list_builder *list = list_begin(m->arena);

	list_add(list, document);
	const char *text = text_of(m->arena, "", list_end(list));
	if (old && strstr(old->text, text))
		return;
	file_set_put(set, name,
		     old ? arena_printf(m->arena, "%s---\n%s", old->text, text) : text);
	if (is_secret(m, set, scope))
		file_set_seal(set, name);
}

static int open_new(const struct file_set *set, struct workspace **out,
		    const struct cluster **cluster, struct err *err)
{
	if (workspace_open_texts(set->at, set->len, out, err) < 0)
		return -1;
	*cluster = workspace_cluster(*out, err);
	return *cluster ? 0 : -1;
}

/* The new config of a node, and what 1.14 starts from before any patch. */
static int render_after(const struct migrating *m, const struct cluster *cluster, size_t node,
			struct config *out, struct config *generated, struct err *err)
{
	struct render_input input = { .cluster = cluster, .bundle = migrating_bundle() };
	struct rendering rendering;

	if (render_node(m->arena, &input, &cluster->node[node], out, err) < 0 ||
	    rendering_begin(&rendering, m->arena, &input, &cluster->node[node], err) < 0 ||
	    rendering_generate(&rendering, generated, err) < 0)
		return -1;
	return 0;
}

static int add_missing(const struct migrating *m, struct file_set *set, bool alone,
		       struct err *err)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;
	const struct cluster *cluster;
	const struct value **missing =
		arena_calloc(m->arena, m->cluster->nodes + 1, sizeof(void *));

	if (open_new(set, &workspace, &cluster, err) < 0)
		return -1;
	for (size_t i = 0; i < cluster->nodes; i++) {
		struct arena *scratch OWNED(arena_free) = arena_new("migrate");
		struct migrating one = *m;
		struct config has, wants, generated;

		one.arena = scratch;
		if (render_after(&one, cluster, i, &has, &generated, err) < 0 ||
		    target_of(&one, i, &wants, err) < 0)
			return -1;
		struct settings_side old = { m->cluster, &m->cluster->node[i], &m->before[i] };
		struct settings_side new = { cluster, &cluster->node[i], &has };
		struct alike alike = {
			.install = !m->stays[MIGRATE_INSTALL] &&
				   is_covered(&one, &old, &new, "machine.install."),
			.links = !is_mixed(&m->before[i], &has) &&
				 is_covered(&one, &old, &new, "links") &&
				 is_covered(&one, &new, &old, "links"),
		};

		missing[i] = value_copy(m->arena, missing_of(&one, &has, &wants, &alike));
	}
	for (size_t i = 0; i < m->cluster->nodes; i++) {
		for (size_t k = 0; k < value_len(missing[i]); k++) {
			const struct value *document = value_at(missing[i], k);

			const char *scope = m->cluster->node[i].name;

			if (!alone)
				scope = scope_of(m, missing, i, document);
			add_to_file(m, set, scope, document);
		}
	}
	return 0;
}

/* As Talos reads it: strictly. */
static int load_strictly(const struct migrating *m, const struct config *config, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct config_input input = { .file = "the config", .release = config->release };
	struct config read;

	config_write(&text, config);
	input.text = str_text(&text);
	input.len = text.len;
	return config_read(m->arena, &input, &read, err);
}

static bool is_in(const struct findings *findings, const struct finding *finding)
{
	for (size_t i = 0; i < findings->len; i++)
		if (text_equal(findings->at[i].text, finding->text))
			return true;
	return false;
}

/* Talos' own checks. What is wrong in the old config too is the user's, and what is wrong in what
 * is generated comes from the stand-ins. */
static int validate_new(const struct migrating *m, const struct config *before,
			const struct config *generated, const struct config *after,
			struct err *err)
{
	struct validate_options options = { .mode = VALIDATE_METAL };
	struct findings old, base, new;

	findings_init(&old, m->arena);
	findings_init(&base, m->arena);
	findings_init(&new, m->arena);
	validate_config(&old, before, &options);
	validate_config(&base, generated, &options);
	validate_config(&new, after, &options);
	for (size_t i = 0; i < new.len; i++) {
		const struct finding *finding = &new.at[i];

		if (finding->severity == FINDING_ERROR && !is_in(&old, finding) &&
		    !is_in(&base, finding))
			return err_set(err, ERR_REFUSED, "Talos 1.14 would refuse it: %s",
				       finding->text);
	}
	return 0;
}

static int blame(const struct migrating *m, struct err *err)
{
	struct src src = { err->file, err->line, err->column };
	struct src place = migrating_place(m, src);

	if (place.file != src.file)
		return err_at(err, place.file, place.line, place.column);
	return -1;
}

static int prove(struct migrating *m, const struct file_set *set, struct err *err)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct comparing comparing = { .keep = m->arena, .out = m->out };
	const struct cluster *cluster;

	if (open_new(set, &workspace, &cluster, err) < 0)
		return -1;
	for (size_t i = 0; i < cluster->nodes; i++) {
		struct arena *scratch OWNED(arena_free) = arena_new("migrate");
		struct migrating one = *m;
		struct config after, generated;
		struct settings_side old = { m->cluster, &m->cluster->node[i], &m->before[i] };
		struct settings_side new = { cluster, &cluster->node[i], &after };

		one.arena = scratch;
		if (render_after(&one, cluster, i, &after, &generated, err) < 0 ||
		    (load_strictly(&one, &after, err) < 0 &&
		     load_strictly(&one, &m->before[i], NULL) == 0) ||
		    validate_new(&one, &m->before[i], &generated, &after, err) < 0)
			return -1;
		comparing.arena = scratch;
		comparing.generated = &generated;
		if (settings_compare(&comparing, &old, &new, err) < 0)
			return blame(m, err);
	}
	return 0;
}

/* A place in files that nobody has yet helps nobody. */
static int refuse_new(struct err *err)
{
	if (err->kind != ERR_INPUT)
		return -1;
	err->kind = ERR_REFUSED;
	err->file[0] = '\0';
	err->line = err->column = 0;
	return err_wrap(err, "render the new files");
}

int migrate_try(struct migrating *m, struct file_set *set, bool alone, struct err *err)
{
	if (files_set_versions(set, m->cluster, m->talos, err) < 0 ||
	    put_patches(m, set, err) < 0)
		return -1;
	if (add_missing(m, set, alone, err) < 0 || prove(m, set, err) < 0)
		return refuse_new(err);
	return 0;
}
