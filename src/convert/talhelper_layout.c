#include "convert/talhelper_layout.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/text.h"
#include "cluster/gitignore.h"
#include "tree/yaml.h"

#include <string.h>

#define TEXT_MAX ((size_t)32 << 20)
#define GENERATED "00-talhelper.yaml"
#define HOSTNAME "00-hostname.yaml"
#define INTERFACES "00-the-interfaces.yaml" /* behind what is generated besides */

static const struct yaml_style style = { .indent = 2 };

void import_add_file(struct import *import, const struct import_file *file,
		     const struct str *text)
{
	import->file = arena_grow(import->arena, import->file, import->files, &import->cap,
				  sizeof(*import->file));
	import->file[import->files++] = (struct talhelper_file){
		.name = arena_str(import->arena, file->name),
		.text = arena_strn(import->arena, str_text(text), text->len),
		.len = text->len,
		.mode = file->mode,
		.secret = file->secret,
		.from = arena_str(import->arena, file->from),
	};
}

static mode_t mode_of(bool secret)
{
	return secret ? 0600 : 0644;
}

/* What stood in clear there may stand in clear here. */
static bool is_secret(const struct import *import, bool secret)
{
	return secret && import->source.sealed;
}

static const char *place_text(struct import *import, struct src src)
{
	return arena_printf(import->arena, "%s:%u", src.file ? src.file : "", src.line);
}

static bool has_secret(const struct value *value)
{
	if (value_is_sensitive(value))
		return true;
	if (!value_is_map(value) && !value_is_list(value))
		return false;
	for (size_t i = 0; i < value_len(value); i++)
		if (has_secret(value_at(value, i)))
			return true;
	return false;
}

/* What two maps have in common; NULL: nothing. Lists and scalars are taken whole. */
static const struct value *common(struct arena *arena, const struct value *a,
				  const struct value *b)
{
	struct map_builder *map = map_begin(arena);
	size_t count = 0;

	if (value_equal(a, b))
		return a;
	if (!value_is_map(a) || !value_is_map(b))
		return NULL;
	for (size_t i = 0; i < value_len(a); i++) {
		const char *key = value_key_at(a, i);
		const struct value *both = value_has(b, key)
						   ? common(arena, value_at(a, i),
							    value_get(b, key))
						   : NULL;
		if (!both)
			continue;
		map_add_at(map, key, value_key_src(a, key), both);
		count++;
	}
	return count ? map_end(map) : NULL;
}

/* `map` without what `part` has; NULL: nothing is left. */
static const struct value *without(struct arena *arena, const struct value *map,
				   const struct value *part)
{
	struct map_builder *left = map_begin(arena);
	size_t count = 0;

	if (!part)
		return map;
	if (!value_is_map(map) || value_equal(map, part))
		return NULL;
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_key_at(map, i);
		const struct value *rest = value_at(map, i);

		if (value_has(part, key))
			rest = without(arena, rest, value_get(part, key));
		if (!rest)
			continue;
		map_add_at(left, key, value_key_src(map, key), rest);
		count++;
	}
	return count ? map_end(left) : NULL;
}

/* What one folder gets of the generated part. */
struct share {
	const struct value *main;
	size_t first, documents; /* of each node's list */
	bool any;
};

struct shares {
	struct share all, role[ROLE_COUNT];
};

static size_t equal_documents(const struct import_node *a, const struct import_node *b,
			      size_t first, size_t max)
{
	size_t count = first;

	while (count < max && count < value_len(a->documents) &&
	       count < value_len(b->documents) &&
	       value_equal(value_at(a->documents, count), value_at(b->documents, count)))
		count++;
	return count;
}

static void join_share(struct import *import, struct share *share, const struct import_node *node,
		       const struct import_node *first, const struct value *main)
{
	if (!share->any) {
		share->any = true;
		share->main = main;
		share->documents = value_len(node->documents);
		return;
	}
	share->main = main && share->main ? common(import->arena, share->main, main) : NULL;
	share->documents = equal_documents(first, node, share->first, share->documents);
}

/* What all nodes have, then what all of a role have besides. */
static struct shares find_shares(struct import *import)
{
	struct shares shares = { .all = { .any = false } };
	const struct import_node *first[ROLE_COUNT] = { NULL };
	bool one_hostname = true;

	for (size_t i = 0; i < import->config.count; i++) {
		join_share(import, &shares.all, &import->node[i], &import->node[0],
			   import->node[i].main);
		one_hostname = one_hostname && !import->node[i].stable_hostname;
	}
	/* that document comes before all others, and its patch is the host's */
	if (!one_hostname)
		shares.all.documents = 0;
	for (size_t i = 0; i < import->config.count; i++) {
		struct import_node *node = &import->node[i];
		struct share *share = &shares.role[node->role];

		if (!first[node->role])
			first[node->role] = node;
		share->first = shares.all.documents;
		join_share(import, share, node, first[node->role],
			   without(import->arena, node->main, shares.all.main));
		if (!one_hostname)
			share->documents = 0;
	}
	return shares;
}

static void add_comment(struct str *out, struct src src)
{
	if (src.file && src.line)
		str_addf(out, "# %s:%u\n", src.file, src.line);
}

/* The place of the first leaf that has one. */
static struct src place_of(const struct value *value)
{
	struct src src = value_src(value);

	for (size_t i = 0; !src.line && i < value_len(value); i++)
		src = place_of(value_at(value, i));
	return src;
}

/* What one folder gets: a part of the main document, and some of a node's others. */
struct portion {
	const struct value *main;
	const struct import_node *node;
	size_t first, last;
};

static void add_generated(struct import *import, const char *folder, const struct portion *part)
{
	const struct value *main = part->main;
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	bool secret = has_secret(main);

	if (!main && part->first >= part->last)
		return;
	str_add(&text, "# What talhelper makes of its settings.\n");
	if (main) {
		add_comment(&text, place_of(main));
		yaml_write(&text, main, &style);
	}
	for (size_t i = part->first; i < part->last; i++) {
		const struct value *document = value_at(part->node->documents, i);

		if (main || i > part->first)
			str_add(&text, "---\n");
		add_comment(&text, place_of(document));
		yaml_write(&text, document, &style);
		secret = secret || has_secret(document);
	}
	secret = is_secret(import, secret);
	const struct import_file file = {
		arena_printf(import->arena, "patches/%s/%s", folder, GENERATED),
		"settings without a key of ours", mode_of(secret), secret
	};
	import_add_file(import, &file, &text);
}

/* A strategic patch would merge what is there twice, so this one sets the list as a whole. */
static void add_interfaces(struct import *import, const struct import_node *node)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct draft operation = { .arena = import->arena };
	struct list_builder *list = list_begin(import->arena);

	if (!node->interfaces)
		return;
	draft_text(&operation, "op", "add");
	draft_text(&operation, "path", "/machine/network/interfaces");
	draft_put(&operation, "value", node->interfaces);
	list_add(list, operation.root);
	add_comment(&text, value_src(node->interfaces));
	yaml_write(&text, list_end(list), &style);
	bool secret = is_secret(import, has_secret(node->interfaces));
	const struct import_file file = {
		arena_printf(import->arena, "patches/%s/%s", node->name, INTERFACES),
		place_text(import, value_src(node->interfaces)), mode_of(secret), secret
	};
	import_add_file(import, &file, &text);
}

/* The generated name of a host gives way to one that Talos finds itself. */
static void add_stable_hostname(struct import *import, const struct import_node *node)
{
	static const char header[] = "apiVersion: v1alpha1\nkind: HostnameConfig\n";
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	if (!node->stable_hostname ||
	    !contract_has(&import->contract, CONTRACT_HOSTNAME_DOCUMENT))
		return;
	add_comment(&text, talconfig_place(node->from, "ignoreHostname"));
	str_addf(&text, "%s$patch: delete\n---\n%sauto: stable\n", header, header);
	const struct import_file file = {
		arena_printf(import->arena, "patches/%s/%s", node->name, HOSTNAME),
		place_text(import, talconfig_place(node->from, "ignoreHostname")), 0644, false
	};
	import_add_file(import, &file, &text);
}

static const struct import_node *first_of(const struct import *import, enum role role)
{
	for (size_t i = 0; i < import->config.count; i++)
		if (import->node[i].role == role)
			return &import->node[i];
	return NULL;
}

static void add_own_generated(struct import *import, const struct import_node *node,
			      const struct shares *shares)
{
	const struct share *share = &shares->role[node->role];
	const struct value *rest = without(import->arena, node->main, shares->all.main);
	struct portion own = { without(import->arena, rest, share->main), node,
			       shares->all.documents, value_len(node->documents) };

	if (share->documents > own.first)
		own.first = share->documents;
	add_stable_hostname(import, node);
	add_generated(import, node->name, &own);
	add_interfaces(import, node);
}

static void add_all_generated(struct import *import)
{
	struct shares shares = find_shares(import);
	const struct portion all = { shares.all.main, &import->node[0], 0, shares.all.documents };

	add_generated(import, "global", &all);
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct portion part = { shares.role[role].main,
					      first_of(import, (enum role)role),
					      shares.all.documents, shares.role[role].documents };
		if (part.node)
			add_generated(import, role_folder((enum role)role), &part);
	}
	for (size_t i = 0; i < import->config.count; i++)
		add_own_generated(import, &import->node[i], &shares);
}

/* The files of patches that several nodes have, by name. */
struct placing {
	struct import *import;
	enum import_layout layout;
	struct map *seen; /* of struct import_patch */
	bool torn;	  /* two nodes have different texts for one name */
};

static const char *patch_name(const struct placing *p, const struct import_node *node,
			      const struct import_patch *patch)
{
	static const char *const names[PATCH_ORIGIN_COUNT] = {
		[PATCH_OF_ALL] = "global",
		[PATCH_OF_MANIFEST] = "manifest",
	};
	struct arena *arena = p->import->arena;
	const char *whose = names[patch->origin];
	bool folder = p->layout != LAYOUT_LISTS && patch->origin != PATCH_OF_MANIFEST &&
		      (patch->origin != PATCH_OF_ALL || p->layout == LAYOUT_FOLDERS);

	if (patch->origin == PATCH_OF_GROUP)
		whose = role_folder(node->role);
	else if (patch->origin == PATCH_OF_NODE)
		whose = node->name;
	return arena_printf(arena, "patches/%s%s%02zu-%s.yaml", whose, folder ? "/" : "-",
			    patch->number, patch->stem);
}

static void add_patch_file(struct placing *p, const char *name, const struct import_patch *patch)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	bool is_json = patch->text[0] == '[';

	if (!is_json)
		add_comment(&text, patch->src);
	str_addn(&text, patch->text, patch->len);
	if (!text_ends(patch->text, "\n"))
		str_addc(&text, '\n');
	map_put(p->seen, name, arena_dup(p->import->arena, patch, sizeof(*patch)));
	bool secret = is_secret(p->import, patch->secret);
	const struct import_file file = { name, place_text(p->import, patch->src), mode_of(secret),
					  secret };
	import_add_file(p->import, &file, &text);
}

static bool same_text(const struct import_patch *a, const struct import_patch *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* "patches/global/01-x.yaml" as a name that only this host uses. */
static const char *own_name(struct arena *arena, const struct import_node *node, const char *name)
{
	char *own = arena_printf(arena, "patches/%s-%s", node->name,
				 name + strlen("patches/"));

	for (char *c = own + strlen("patches/"); *c; c++)
		if (*c == '/')
			*c = '-';
	return own;
}

/* The name under which the patch is kept; one of the host's own when another node has other text
 * there. */
static const char *keep_patch(struct placing *p, const struct import_node *node,
			      const struct import_patch *patch)
{
	const char *name = patch_name(p, node, patch);
	const struct import_patch *other = map_get(p->seen, name);

	if (other && !same_text(other, patch)) {
		p->torn = true;
		name = own_name(p->import->arena, node, name);
		other = map_get(p->seen, name);
	}
	if (!other)
		add_patch_file(p, name, patch);
	return name;
}

static const struct value *mention(struct import *import, const char *name)
{
	return value_strf(import->arena, "@%s", name);
}

/* The files of a node's patches that nodes.yaml mentions; NULL: none. */
static const struct value *node_patches(struct placing *p, const struct import_node *node,
					bool manifests)
{
	struct list_builder *list = list_begin(p->import->arena);
	size_t count = 0;

	for (size_t i = 0; i < node->patches && p->layout != LAYOUT_NONE; i++) {
		const char *name;

		if ((node->patch[i].origin == PATCH_OF_MANIFEST) != manifests)
			continue;
		name = keep_patch(p, node, &node->patch[i]);
		if (!manifests && p->layout != LAYOUT_LISTS)
			continue;
		list_add(list, mention(p->import, name));
		count++;
	}
	return count ? list_end(list) : NULL;
}

static void add_key(struct map_builder *map, const char *key, const struct value *value)
{
	if (!value_is_null(value))
		map_add(map, key, value);
}

static const struct value *texts_value(struct import *import, const char *const *texts,
				       size_t count)
{
	struct list_builder *list = list_begin(import->arena);

	if (count == 1)
		return value_str(import->arena, texts[0]);
	for (size_t i = 0; i < count; i++)
		list_add(list, value_str(import->arena, texts[i]));
	return list_end(list);
}

/* A key of nodes.yaml, NULL where the image is not made of it. */
static const struct value *schematic_of(const struct import_node *node)
{
	return node->image.plain || !text_is_blank(node->from->image) ? NULL
								      : node->image.schematic;
}

/* The one that all nodes have, which is a key of cluster.yaml then. */
static const struct value *shared_schematic(const struct import *import)
{
	const struct value *first = schematic_of(&import->node[0]);

	for (size_t i = 1; first && i < import->config.count; i++)
		if (!value_equal(first, schematic_of(&import->node[i])))
			return NULL;
	return import->config.count > 1 ? first : NULL;
}

static const struct value *node_value(struct placing *p, const struct import_node *node)
{
	struct import *import = p->import;
	struct arena *arena = import->arena;
	struct map_builder *map = map_begin(arena);
	const char *usual = arena_printf(arena, "%s-%s.yaml", import->name, node->name);

	map_add(map, "name", value_str(arena, node->name));
	map_add(map, "address", texts_value(import, node->address, node->addresses));
	map_add(map, "controller", value_of_bool(arena, node->role == ROLE_CONTROL));
	add_key(map, "disk", node->disk);
	if (node->image.secureboot)
		map_add(map, "secureboot", value_of_bool(arena, true));
	if (!shared_schematic(import))
		add_key(map, "schematic", schematic_of(node));
	add_key(map, "kernel_modules", node->modules);
	if (value_len(node->labels))
		map_add(map, "labels", node->labels);
	if (value_len(node->annotations))
		map_add(map, "annotations", node->annotations);
	if (value_len(node->taints))
		map_add(map, "taints", node->taints);
	add_key(map, "patches", node_patches(p, node, false));
	add_key(map, "documents", node_patches(p, node, true));
	if (strcmp(node->output, usual) != 0)
		map_add(map, "output", value_str(arena, node->output));
	return map_end(map);
}

/* A map as an entry of a list. */
static void add_entry(struct str *out, const struct value *map)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const char *rest;

	yaml_write(&text, map, &style);
	rest = str_text(&text);
	for (bool first = true; *rest; first = false) {
		size_t len = strcspn(rest, "\n");

		if (len)
			str_add(out, first ? "  - " : "    ");
		str_addn(out, rest, len);
		str_addc(out, '\n');
		rest += len + (rest[len] == '\n');
	}
}

static void say_clear(struct import *import, const char *file, const struct value *map)
{
	for (size_t i = 0; i < value_len(map); i++) {
		struct src src = value_src(value_at(map, i));

		if (!is_secret(import, has_secret(value_at(map, i))) ||
		    findings_have(import->findings, "secret-in-clear", src))
			continue;
		finding_add(import->findings, FINDING_WARNING, "secret-in-clear", src,
			    value_key_at(map, i),
			    "%s of %s comes from an encrypted file and is in clear now",
			    value_key_at(map, i), file);
	}
}

static void add_nodes(struct placing *p)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct import *import = p->import;

	str_add(&text, "nodes:\n");
	for (size_t i = 0; i < import->config.count; i++) {
		const struct value *node = node_value(p, &import->node[i]);
		struct src src = value_src(import->node[i].from->raw);

		str_addf(&text, "  # %s:%u\n", src.file ? src.file : "", src.line);
		add_entry(&text, node);
		if (p->layout != LAYOUT_NONE)
			say_clear(import, "nodes.yaml", node);
	}
	const struct import_file file = {
		"nodes.yaml", place_text(import, value_src(import->config.nodes)), 0644, false
	};
	import_add_file(import, &file, &text);
}

static const struct value *nets_value(struct import *import, const struct texts *nets,
				      const char *standard)
{
	if (!nets->len)
		return value_str(import->arena, standard);
	return texts_value(import, nets->at, nets->len);
}

static const struct value *endpoint_value(struct import *import)
{
	const char *endpoint = import->config.endpoint;
	size_t len = strlen("https://") + strcspn(endpoint + strlen("https://"), "/?#");
	const char *base = arena_strn(import->arena, endpoint, len);

	return value_strf(import->arena, "%s%s", base, talconfig_has_port(base) ? "" : ":443");
}

static const struct value *global_patches(struct placing *p)
{
	struct list_builder *list = list_begin(p->import->arena);
	const struct import_node *node = &p->import->node[0];
	size_t count = 0;

	for (size_t i = 0; i < node->patches && p->layout == LAYOUT_LATE; i++) {
		if (node->patch[i].origin != PATCH_OF_ALL)
			continue;
		list_add(list, mention(p->import, keep_patch(p, node, &node->patch[i])));
		count++;
	}
	return count ? list_end(list) : NULL;
}

/* Workers get it from talhelper, and from nobody else. */
static bool has_old_secret_on_workers(const struct import *import)
{
	bool workers = false;

	for (size_t i = 0; i < import->config.count; i++)
		workers = workers || import->node[i].role == ROLE_WORKER;
	return workers && import->bundle->aescbc &&
	       !contract_has(&import->contract, CONTRACT_DOCUMENTS_ONLY);
}

static const struct value *cluster_value(struct placing *p)
{
	struct import *import = p->import;
	const struct talconfig *config = &import->config;
	struct arena *arena = import->arena;
	struct map_builder *map = map_begin(arena);
	const char *kubernetes = config->kubernetes;
	bool schedule = config->schedule_masters == TRI_TRUE ||
			config->schedule_controls == TRI_TRUE;
	const char *cni = value_get_text(config->cni, "name");

	map_add(map, "cluster_name", value_str(arena, import->name));
	map_add(map, "cluster_endpoint", endpoint_value(import));
	map_add(map, "talos_version", value_str(arena, import->talos));
	map_add(map, "kubernetes_version",
		value_strf(arena, "%s%s", kubernetes[0] == 'v' ? "" : "v", kubernetes));
	if (import->net_keys) {
		map_add(map, "cluster_pod_cidr",
			nets_value(import, &config->pod_nets, TALCONFIG_POD_NET));
		map_add(map, "cluster_svc_cidr",
			nets_value(import, &config->service_nets, TALCONFIG_SERVICE_NET));
	}
	map_add(map, "node_dns_servers", list_end(list_begin(arena)));
	map_add(map, "node_ntp_servers", list_end(list_begin(arena)));
	map_add(map, "cni",
		value_str(arena, !cni || text_equal(cni, "flannel") ? "flannel" : "none"));
	map_add(map, "schedule_on_controllers", value_of_bool(arena, schedule));
	add_key(map, "schematic", shared_schematic(import));
	if (has_old_secret_on_workers(import))
		map_add(map, "aescbc_on_workers", value_of_bool(arena, true));
	if (import->exact)
		map_add(map, "merge", value_str(arena, "exact"));
	add_key(map, "patches", global_patches(p));
	return map_end(map);
}

static void add_cluster(struct placing *p)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	const struct value *cluster = cluster_value(p);

	yaml_write(&text, cluster, &style);
	if (p->layout != LAYOUT_NONE)
		say_clear(p->import, "cluster.yaml", cluster);
	const struct import_file file = {
		"cluster.yaml", place_text(p->import, value_src(p->import->config.raw)), 0644,
		false
	};
	import_add_file(p->import, &file, &text);
}

void import_ignore(struct import *import)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);

	str_add(&text, gitignore_workspace);
	for (size_t i = 0; i < import->files; i++)
		if (import->file[i].secret)
			str_addf(&text, "/%s\n", import->file[i].name);
	const struct import_file file = { ".gitignore", "", 0644, false };
	import_add_file(import, &file, &text);
}

int import_lay_out(struct import *import, enum import_layout layout)
{
	struct placing placing = { .import = import,
				   .layout = layout,
				   .seen = map_new(import->arena) };

	import->files = 0;
	add_cluster(&placing);
	add_all_generated(import);
	add_nodes(&placing);
	return placing.torn && layout != LAYOUT_LISTS ? 1 : 0;
}
