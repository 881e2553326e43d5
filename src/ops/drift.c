#include "ops/drift.h"

#include "base/str.h"
#include "base/text.h"
#include "cluster/version.h"
#include "ops/configs.h"
#include "render/config.h"
#include "render/schematic.h"
#include "tree/path.h"

#include <string.h>

#define MAIN "v1alpha1"

/* Everything else in the main document waits for a boot; all other documents never do. */
static const char *const live_paths[] = {
	"debug",
	"cluster",
	"machine.ca",
	"machine.acceptedCAs",
	"machine.time",
	"machine.certSANs",
	"machine.install",
	"machine.network",
	"machine.sysfs",
	"machine.sysctls",
	"machine.logging",
	"machine.controlPlane",
	"machine.kubelet",
	"machine.kernel",
	"machine.registries",
	"machine.pods",
	"machine.seccompProfiles",
	"machine.nodeAnnotations",
	"machine.nodeLabels",
	"machine.nodeTaints",
	"machine.features.kubernetesTalosAPIAccess",
	"machine.features.kubePrism",
	"machine.features.hostDNS",
	"machine.features.imageCache",
	"machine.features.nodeAddressSortAlgorithm",
};

const char *drift_effect_name(enum drift_effect effect)
{
	return effect == EFFECT_LIVE ? "live" : "reboot";
}

static bool is_below(const char *path, const char *section)
{
	size_t len = strlen(section);

	return strncmp(path, section, len) == 0 && strchr(".[", path[len]);
}

enum drift_effect drift_effect_of(const char *kind, const char *path)
{
	if (strcmp(kind, MAIN) != 0)
		return EFFECT_LIVE;
	for (size_t i = 0; i < ARRAY_LEN(live_paths); i++)
		if (is_below(path, live_paths[i]))
			return EFFECT_LIVE;
	return EFFECT_REBOOT;
}

static enum release release_of(const char *talos)
{
	static const struct version first = { .major = 1, .minor = 14, .rest = "" };
	struct version version;

	if (talos && version_parse(talos, &version) &&
	    version_minor_compare(&version, &first) >= 0)
		return RELEASE_1_14;
	return RELEASE_1_13;
}

static int read_config(struct arena *arena, const char *file, const char *text,
		       enum release release, struct config *out, struct err *err)
{
	const struct config_input input = { file, text, strlen(text), release, true };

	return config_read(arena, &input, out, err);
}

/* ---- two configs ------------------------------------------------------------------------- */

struct comparison {
	struct arena *arena;
	const struct config *base; /* NULL: not known */
	struct drift *out;
	size_t cap, lost_cap;
	/* while a document is gone through */
	struct drift_document *document;
	size_t entry_cap;
	const struct diff_entry *part;
};

const char *drift_document_name(struct arena *arena, const struct drift_document *document)
{
	if (!*document->name)
		return document->kind;
	return arena_printf(arena, "%s/%s", document->kind, document->name);
}

static const char *full_path(struct arena *arena, const struct drift_document *document,
			     const char *path)
{
	if (strcmp(document->kind, MAIN) == 0)
		return path;
	return arena_printf(arena, "%s%s%s", drift_document_name(arena, document),
			    *path && *path != '[' ? "." : "", path);
}

static const struct value *base_value(const struct comparison *c, const char *path)
{
	const struct drift_document *in = c->document;
	const struct document *document = config_find(c->base, in->kind, in->name);
	struct path parts;

	if (!document)
		return NULL;
	if (!*path)
		return document->value;
	if (path_parse(c->arena, path, &parts, NULL) < 0)
		return NULL;
	return path_get(document->value, &parts);
}

static bool is_hand_edit(const struct comparison *c, const struct drift_entry *entry)
{
	const struct value *base;

	if (!c->base)
		return entry->before != NULL;
	base = base_value(c, entry->path);
	if (!entry->before)
		return base && value_equal(base, entry->after);
	return !base || !value_equal(base, entry->before);
}

static void lose(struct comparison *c, const char *name)
{
	struct drift *out = c->out;

	out->lost = arena_grow(c->arena, (void *)(uintptr_t)out->lost, out->losses, &c->lost_cap,
			       sizeof(*out->lost));
	out->lost[out->losses++] = name;
}

static void add_entry(struct comparison *c, const struct drift_entry *entry)
{
	struct drift_document *document = c->document;

	document->at = arena_grow(c->arena, document->at, document->len, &c->entry_cap,
				  sizeof(*document->at));
	document->at[document->len++] = *entry;
	if (entry->effect == EFFECT_REBOOT)
		document->effect = EFFECT_REBOOT;
	if (is_hand_edit(c, entry))
		lose(c, full_path(c->arena, document, entry->path));
}

static void add_leaf(void *context, const char *path, const struct value *leaf)
{
	struct comparison *c = context;
	bool added = c->part->change == DIFF_ADDED;
	const struct drift_entry entry = {
		.change = c->part->change,
		.effect = drift_effect_of(c->document->kind, path),
		.path = path,
		.before = added ? NULL : leaf,
		.after = added ? leaf : NULL,
	};

	add_entry(c, &entry);
}

/* A subtree that came or went counts leaf by leaf: its parts may differ in what they take. */
static void add_part(struct comparison *c, const struct diff_entry *part)
{
	c->part = part;
	if (part->change == DIFF_CHANGED) {
		const struct drift_entry entry = {
			.change = DIFF_CHANGED,
			.effect = drift_effect_of(c->document->kind, part->path),
			.path = part->path,
			.before = part->before,
			.after = part->after,
		};

		add_entry(c, &entry);
		return;
	}
	path_each(c->arena, part->before ? part->before : part->after, part->path, add_leaf, c);
}

static void add_document(struct comparison *c, const struct document *before,
			 const struct document *after)
{
	const struct document *either = after ? after : before;
	struct drift *out = c->out;
	size_t lost = out->losses;
	struct diff diff;

	value_diff(c->arena, before ? before->value : NULL, after ? after->value : NULL, &diff);
	if (!diff.len)
		return;
	out->at = arena_grow(c->arena, out->at, out->len, &c->cap, sizeof(*out->at));
	c->document = &out->at[out->len++];
	c->entry_cap = 0;
	*c->document = (struct drift_document){
		.kind = arena_str(c->arena, either->kind),
		.name = arena_str(c->arena, either->name),
		.change = !before  ? DIFF_ADDED
			  : !after ? DIFF_REMOVED
				   : DIFF_CHANGED,
	};
	for (size_t i = 0; i < diff.len; i++)
		add_part(c, &diff.at[i]);
	/* all of a document is one edit */
	if (c->document->change != DIFF_CHANGED && out->losses - lost == c->document->len) {
		out->losses = lost;
		lose(c, drift_document_name(c->arena, c->document));
	}
	if (c->document->effect == EFFECT_REBOOT)
		out->reboots = true;
}

static void compare_configs(struct comparison *c, const struct config *live,
			    const struct config *wanted)
{
	for (size_t i = 0; i < live->len; i++) {
		const struct document *document = &live->at[i];

		add_document(c, document, config_find(wanted, document->kind, document->name));
	}
	for (size_t i = 0; i < wanted->len; i++) {
		const struct document *document = &wanted->at[i];

		if (!config_find(live, document->kind, document->name))
			add_document(c, NULL, document);
	}
}

/* The last config is a help only: one that cannot be read is one that is not known. */
static const struct config *read_base(struct arena *arena, const struct drift_input *input,
				      struct config *base)
{
	if (!input->base ||
	    read_config(arena, "last", input->base, release_of(input->talos), base, NULL) < 0)
		return NULL;
	return base;
}

int drift_compare(struct arena *arena, const struct drift_input *input, struct drift *out,
		  struct err *err)
{
	enum release release = release_of(input->talos);
	struct config live, wanted, base;

	*out = (struct drift){ 0 };
	if (strcmp(input->live, input->wanted) != 0) {
		struct comparison c = { .arena = arena, .out = out };

		if (read_config(arena, "live", input->live, release, &live, err) < 0)
			return err_wrap(err, "read what it runs on");
		if (read_config(arena, "wanted", input->wanted, release, &wanted, err) < 0)
			return err_wrap(err, "read what it is to run on");
		c.base = read_base(arena, input, &base);
		compare_configs(&c, &live, &wanted);
		out->guessed = !c.base && out->losses > 0;
	}
	if (input->next) {
		bool same = drift_same(input->talos, input->next, input->wanted);

		out->staged = same && out->len > 0;
		out->unsaved = !same && out->len == 0;
	}
	return 0;
}

static bool same_configs(const struct config *one, const struct config *other)
{
	if (one->len != other->len)
		return false;
	for (size_t i = 0; i < one->len; i++) {
		const struct document *mine = &one->at[i];
		const struct document *theirs = config_find(other, mine->kind, mine->name);

		if (!theirs || !value_equal(mine->value, theirs->value))
			return false;
	}
	return true;
}

bool drift_same(const char *talos, const char *one, const char *other)
{
	struct arena *arena OWNED(arena_free) = arena_new("compare configs");
	enum release release = release_of(talos);
	struct config a, b;

	if (!one || !other)
		return false;
	if (strcmp(one, other) == 0)
		return true;
	return read_config(arena, "one", one, release, &a, NULL) == 0 &&
	       read_config(arena, "other", other, release, &b, NULL) == 0 && same_configs(&a, &b);
}

/* ---- versions ---------------------------------------------------------------------------- */

static struct drift_version version_of(struct arena *arena, const char *live, const char *wanted)
{
	return (struct drift_version){
		.live = arena_str(arena, live),
		.wanted = arena_str(arena, wanted),
		.differs = live && wanted && strcmp(live, wanted) != 0,
	};
}

/* Reading a config takes time, and most nodes run on the wanted one. */
static const char *kubelet_wanted(struct arena *arena, const struct node_state *state,
				  const char *wanted)
{
	if (wanted && text_equal(wanted, state->config))
		return state->kubelet;
	return wanted ? config_kubelet(arena, wanted) : NULL;
}

void drift_versions(struct arena *arena, const struct node_state *state, const char *wanted,
		    const struct cluster *cluster, struct drift *out)
{
	struct arena *scratch OWNED(arena_free) = arena_new("versions");
	const char *kubelet = kubelet_wanted(scratch, state, wanted);
	const char *schematic = schematic_of_node(scratch, state->node);

	out->talos = version_of(arena, state->talos, cluster->talos);
	out->kubernetes =
		version_of(arena, state->kubelet, kubelet ? kubelet : cluster->kubernetes);
	out->schematic = version_of(arena, state->schematic, schematic);
	/* an image without a schematic holds what the plain one says */
	if (schematic && text_equal(state->schematic, "") &&
	    strcmp(schematic, SCHEMATIC_PLAIN) == 0)
		out->schematic.differs = false;
}

bool drift_has_config(const struct drift *drift)
{
	return drift->len > 0 || drift->unsaved;
}

bool drift_has_version(const struct drift *drift)
{
	return drift->talos.differs || drift->schematic.differs || drift->kubernetes.differs;
}

const char *drift_word(const struct drift *drift)
{
	if (!drift)
		return NULL;
	if (drift_has_config(drift))
		return drift_effect_name(drift->reboots ? EFFECT_REBOOT : EFFECT_LIVE);
	return drift_has_version(drift) ? "upgrade" : "none";
}

/* ---- for people -------------------------------------------------------------------------- */

static const char *leaf_text(const struct value *value, bool secrets)
{
	if (value_is_sensitive(value) && !secrets)
		return "***";
	if (value_is_map(value))
		return "{}";
	if (value_is_list(value))
		return "[]";
	return value_text(value) ? value_text(value) : "null";
}

static void add_line(struct arena *arena, struct list_builder *out, const char *line, size_t len)
{
	list_add(out, value_strn(arena, line, len));
}

static void add_block(struct arena *arena, struct list_builder *out, char sign, const char *text)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *line =
			arena_printf(arena, "%c     %.*s", sign, (int)(end - text), text);

		add_line(arena, out, line, strlen(line));
		text = *end ? end + 1 : end;
	}
}

static void add_side(struct arena *arena, struct list_builder *out, char sign,
		     const struct drift_entry *entry, bool secrets)
{
	const struct value *value = sign == '-' ? entry->before : entry->after;
	const char *text;
	const char *line;

	if (!value)
		return;
	if (value_len(value) && (secrets || !value_is_sensitive(value))) {
		struct drift_entry part = *entry;

		for (size_t i = 0; i < value_len(value); i++) {
			const char *key = value_key_at(value, i);

			part.path = key ? path_key(arena, entry->path, key)
					: path_index(arena, entry->path, i);
			part.before = part.after = value_at(value, i);
			add_side(arena, out, sign, &part, secrets);
		}
		return;
	}
	text = leaf_text(value, secrets);
	bool many = strchr(text, '\n') != NULL;
	line = arena_printf(arena, "%c %s: %s", sign, entry->path, many ? "|" : text);
	add_line(arena, out, line, strlen(line));
	if (many)
		add_block(arena, out, sign, text);
}

void drift_entry_lines(struct arena *arena, const struct drift_entry *entry, bool secrets,
		       struct list_builder *out)
{
	add_side(arena, out, '-', entry, secrets);
	add_side(arena, out, '+', entry, secrets);
}
