#include "convert/migrate.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/version.h"
#include "cluster/workspace.h"
#include "convert/migrate_files.h"
#include "convert/migrate_parts.h"
#include "convert/migrate_try.h"
#include "render/render.h"
#include "render/schema.h"
#include "render/validate.h"

#include <string.h>

/* In place of the secrets: what is made of these must not be written anywhere. Three of them are in
 * base64, as Talos wants them. */
#define STAND_IN "talforge-stand-in"
#define STAND_IN_BASE64 "dGFsZm9yZ2Utc3RhbmQta"

static const struct bundle stand_in = {
	.id = "dGFsZm9yZ2Utc3RhbmQtaW4tY2x1c3Rlci1pZC0wMDA=",
	.secret = "dGFsZm9yZ2Utc3RhbmQtaW4tY2x1c3Rlci1zZWNyZXQ=",
	.bootstrap_token = STAND_IN "-bootstrap-token",
	.trustd_token = STAND_IN "-trustd-token",
	.secretbox = "dGFsZm9yZ2Utc3RhbmQtaW4tc2VjcmV0Ym94LTAwMDA=",
	.aescbc = "dGFsZm9yZ2Utc3RhbmQtaW4tYWVzY2JjLTAwMDAwMDA=",
	.etcd = { STAND_IN "-etcd-cert", STAND_IN "-etcd-key" },
	.kubernetes = { STAND_IN "-kubernetes-cert", STAND_IN "-kubernetes-key" },
	.aggregator = { STAND_IN "-aggregator-cert", STAND_IN "-aggregator-key" },
	.talos = { STAND_IN "-talos-cert", STAND_IN "-talos-key" },
	.service_account = STAND_IN "-service-account",
};

const struct bundle *migrating_bundle(void)
{
	return &stand_in;
}

static int open_cluster(const struct file_text *files, size_t count, struct workspace **out,
			const struct cluster **cluster, struct err *err)
{
	if (workspace_open_texts(files, count, out, err) < 0)
		return -1;
	*cluster = workspace_cluster(*out, err);
	return *cluster ? 0 : -1;
}

static bool is_old(const char *text)
{
	struct version version;

	return !version_parse(text, &version) || (version.major == 1 && version.minor < 14);
}

static int choose_release(struct migrating *m, const char *to, struct err *err)
{
	struct version version;

	if (!version_parse(to, &version) || version.major != 1 || version.minor != 14)
		return err_set(err, ERR_USAGE, "migrate knows the way to v1.14 alone, not to %s",
			       to);
	m->talos = arena_str(m->arena, m->cluster->talos);
	if (is_old(m->talos))
		m->talos = arena_printf(m->arena, "v%s%s", to + (to[0] == 'v'),
					version.has_patch ? "" : ".0");
	m->out->talos = m->talos;
	m->out->contract = "v1.14";
	return 0;
}

static int render_all(struct migrating *m, const char *contract, struct err *err)
{
	struct render_input input = { .cluster = m->cluster, .bundle = &stand_in };

	input.contract = contract;
	struct config *before = arena_calloc(m->arena, m->cluster->nodes + 1, sizeof(*before));
	for (size_t i = 0; i < m->cluster->nodes; i++)
		if (render_node(m->arena, &input, &m->cluster->node[i], &before[i], err) < 0)
			return err_wrap(err, "render %s as it is", m->cluster->node[i].name);
	m->before = before;
	return 0;
}

/* Whether sections say again what documents say. */
static bool is_said_twice(const struct migrating *m)
{
	struct validate_options options = { .mode = VALIDATE_METAL };

	for (size_t i = 0; i < m->cluster->nodes; i++) {
		struct arena *scratch OWNED(arena_free) = arena_new("migrate");
		struct findings findings;

		findings_init(&findings, scratch);
		validate_config(&findings, &m->before[i], &options);
		for (size_t k = 0; k < findings.len; k++)
			if (text_equal(findings.at[k].id, "said-twice"))
				return true;
	}
	return false;
}

/* The old side: every node as it is rendered now. What is meant for 1.14 already but written in
 * sections that its documents exclude is read as the contract before. */
static int render_before(struct migrating *m, struct err *err)
{
	m->documents = !is_old(m->cluster->contract);
	if (!m->documents)
		return render_all(m, NULL, err);
	if (render_all(m, NULL, NULL) == 0 && !is_said_twice(m))
		return 0;
	m->documents = false;
	return render_all(m, "v1.13", err);
}

static void add_stay(struct migrating *m, const struct migrate_stay *stay)
{
	struct migration *out = m->out;

	for (size_t i = 0; i < out->stays; i++)
		if (text_equal(out->stay[i].path, stay->path) &&
		    text_equal(out->stay[i].why, stay->why))
			return;
	out->stay = arena_grow(m->arena, out->stay, out->stays, &m->stay_cap, sizeof(*out->stay));
	out->stay[out->stays++] = *stay;
}

struct src migrating_place(const struct migrating *m, struct src src)
{
	for (size_t i = 0; src.file && i < m->patches; i++)
		if (m->patch[i].source->src.file && text_equal(m->patch[i].source->name, src.file))
			return m->patch[i].source->src;
	return src;
}

/* Places outlive the workspace they are in. */
static struct src kept(const struct migrating *m, struct src src)
{
	src = migrating_place(m, src);
	if (src.file)
		src.file = arena_str(m->arena, src.file);
	return src;
}

/* The first place in `value` that a file of the user gave. */
static struct src place_in(const struct migrating *m, const struct value *value)
{
	struct src src = value_src(value);

	for (size_t i = 0; !src.file && i < value_len(value); i++)
		src = place_in(m, value_at(value, i));
	return kept(m, src);
}

/* It can stay where no node has a part of it from the bundle, which no patch may hold. */
static bool all_have_identity(const struct migrating *m)
{
	for (size_t i = 0; i < m->cluster->nodes; i++) {
		const struct document *main = config_find(&m->before[i], SCHEMA_MAIN, NULL);

		if (!main || !block_identity(main->value, NULL))
			return false;
	}
	return true;
}

static void look_for_blocks(struct migrating *m, size_t node)
{
	const struct document *main = config_find(&m->before[node], SCHEMA_MAIN, NULL);
	bool control = m->cluster->node[node].role == ROLE_CONTROL;

	for (const struct migrate_row *row = m->map; main && row->from; row++) {
		const struct migrate_group *group = &migrate_groups[row->subsystem];
		const struct value *value = main_get(main->value, row->from);

		if (!row->why || !value || (value_kind(value) != VALUE_SCALAR && !value_len(value)))
			continue;
		if (!control && group->kinds[0] && migrate_is_control_kind(group->kinds[0]))
			continue;
		if (row->blocks && !row->blocks(main->value, value))
			continue;
		if (row->subsystem == MIGRATE_IDENTITY && !all_have_identity(m))
			continue;
		m->stays[row->subsystem] = true;
		add_stay(m, &(struct migrate_stay){ group->name, row->from, row->why,
						    place_in(m, value) });
	}
}

/* The port of the API server is beside the endpoint: the one cannot stay without the other. */
static void look_for_endpoint(struct migrating *m, size_t node)
{
	const struct document *main = config_find(&m->before[node], SCHEMA_MAIN, NULL);
	const struct value *port =
		main ? main_get(main->value, "cluster.controlPlane.localAPIServerPort") : NULL;

	if (!port || !m->stays[MIGRATE_API_SERVER])
		return;
	m->stays[MIGRATE_CLUSTER] = true;
	add_stay(m, &(struct migrate_stay){
			    migrate_groups[MIGRATE_CLUSTER].name, "cluster.controlPlane.endpoint",
			    "it is needed beside the port of the API server, which stays",
			    place_in(m, port) });
}

static bool is_used_by(const struct patch_source *source, const struct node *node)
{
	for (size_t i = 0; i < node->patches; i++)
		if (text_equal(node->patch[i].name, source->name))
			return true;
	return false;
}

static bool is_known(const struct migrating *m, const struct patch_source *source)
{
	for (size_t i = 0; i < m->patches; i++)
		if (text_equal(m->patch[i].source->name, source->name))
			return true;
	return false;
}

static void list_patches(struct migrating *m)
{
	size_t cap = 0;

	for (size_t i = 0; i < m->cluster->nodes; i++) {
		const struct node *node = &m->cluster->node[i];

		for (size_t k = 0; k < node->patches; k++) {
			if (is_known(m, &node->patch[k]))
				continue;
			m->patch = arena_grow(m->arena, m->patch, m->patches, &cap,
					      sizeof(*m->patch));
			m->patch[m->patches++] = (struct migrating_patch){
				.source = &node->patch[k],
			};
		}
	}
	for (size_t i = 0; i < m->patches; i++) {
		for (size_t k = 0; k < m->cluster->nodes; k++) {
			const struct node *node = &m->cluster->node[k];

			if (is_used_by(m->patch[i].source, node))
				m->patch[i].users[node->role]++;
		}
	}
}

static void found(void *context, const struct migrate_row *row, const struct value *value)
{
	struct migrating *m = context;
	struct migration *out = m->out;
	const char *to = row->kind ? row->kind : "nothing: it is always so";

	if (row->subsystem == MIGRATE_FILES)
		to = "CRICustomizationConfig, EtcFileConfig";
	else if (row->kind && row->to)
		to = arena_printf(m->arena, "%s%s%s.%s", row->kind, row->name ? "/" : "",
				  row->name ? row->name : "", row->to);
	out->change = arena_grow(m->arena, out->change, out->changes, &m->change_cap,
				 sizeof(*out->change));
	out->change[out->changes++] = (struct migrate_change){
		migrate_groups[row->subsystem].name,
		row->from,
		to,
		place_in(m, value),
	};
}

/* Whether it is there because its subsystem stays, which is told with the reason. */
static bool is_told(const struct migrating *m, const char *path)
{
	for (const struct migrate_row *row = m->map; row->from; row++)
		if (m->stays[row->subsystem] && text_starts(row->from, path))
			return true;
	return false;
}

/* What is left of a patch in the main document has no document. */
static void found_rest(struct migrating *m, const struct value *main)
{
	for (size_t i = 0; i < value_len(main); i++) {
		const struct value *section = value_at(main, i);
		const char *name = value_key_at(main, i);

		for (size_t k = 0; value_is_map(section) && k < value_len(section); k++) {
			const struct value *value = value_at(section, k);
			const char *path = arena_printf(m->arena, "%s.%s", name,
							value_key_at(section, k));

			if (is_removal(value) || is_told(m, path))
				continue;
			add_stay(m, &(struct migrate_stay){
					    "rest",
					    path,
					    "Talos 1.14 has no document for it",
					    place_in(m, value) });
		}
	}
}

/* From the patches as they are to texts; then what they do not say, for as many nodes at once as
 * possible or for each alone. What cannot be proved one way is tried the next. */
static const struct attempt {
	bool strip, prune, alone;
} attempts[] = {
	{ false, false, false },
	{ false, false, true },
	{ false, true, false },
	{ false, true, true },
	{ true, true, false },
	{ true, true, true },
};

static int convert_patches(struct migrating *m, const struct attempt *attempt, struct err *err)
{
	bool strip = attempt->strip;

	struct conversion conversion = {
		.arena = m->arena,
		.map = m->map,
		.stays = m->stays,
		.strip = strip,
		.prune = attempt->prune,
		.control = true,
		.complete = m->documents,
		.talos_before = m->cluster->talos,
		.talos = m->talos,
		.found = strip ? NULL : found,
		.context = m,
	};

	if (!strip)
		m->out->changes = 0;
	for (size_t i = 0; i < m->patches; i++) {
		struct migrating_patch *patch = &m->patch[i];

		if (patch_migrate(&conversion, patch->source, &patch->result, err) < 0)
			return -1;
		m->changed = m->changed || patch->result.changed;
		for (size_t k = 0; !strip && k < value_len(patch->result.documents); k++) {
			const struct value *document = value_at(patch->result.documents, k);

			if (!value_has(document, "kind"))
				found_rest(m, document);
		}
	}
	return 0;
}

/* Also by the names of these texts in base64. */
static int check_secrets(const struct migrating *m, const struct file_set *set, struct err *err)
{
	for (size_t i = 0; i < set->len; i++)
		if (strstr(set->at[i].text, STAND_IN) || strstr(set->at[i].text, STAND_IN_BASE64)) {
			err_set(err, ERR_REFUSED,
				"a secret of the bundle would have to stand in a patch");
			return err_hint(err, "%zu nodes were looked at, nothing was written",
					m->cluster->nodes);
		}
	return 0;
}

static bool is_same(const struct file_text *a, const struct file_text *b)
{
	return a && b && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static void hand_out(struct migrating *m, const struct migrate_input *input,
		     const struct file_set *set)
{
	struct migration *out = m->out;

	out->file = arena_calloc(m->arena, set->len + input->files + 1, sizeof(*out->file));
	for (size_t i = 0; i < input->files; i++)
		if (!file_set_get(set, input->file[i].name))
			out->file[out->files++] =
				(struct migrate_file){ input->file[i].name, NULL, 0, false };
	for (size_t i = 0; i < set->len; i++) {
		const struct file_text *old = NULL;

		for (size_t k = 0; !old && k < input->files; k++)
			if (text_equal(input->file[k].name, set->at[i].name))
				old = &input->file[k];
		if (!is_same(old, &set->at[i]))
			out->file[out->files++] = (struct migrate_file){
				set->at[i].name,
				arena_strn(m->arena, set->at[i].text, set->at[i].len),
				set->at[i].len,
				set->at[i].sealed,
			};
	}
	out->nodes = m->cluster->nodes;
}

static int try_all(struct migrating *m, const struct migrate_input *input, struct err *err)
{
	struct err first = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
		struct err local = ERR_INIT;
		struct file_set set;

		m->out->added_count = m->out->settings = 0;
		file_set_init(&set, m->arena, input->file, input->files);
		if (convert_patches(m, &attempts[i], &local) == 0 && !m->changed &&
		    !is_old(m->cluster->contract))
			return 0;
		if (!err_is_set(&local) &&
		    migrate_try(m, &set, attempts[i].alone, &local) == 0 &&
		    check_secrets(m, &set, &local) == 0) {
			hand_out(m, input, &set);
			return 0;
		}
		if (!err_is_set(&first))
			first = local;
	}
	if (err)
		*err = first;
	return -1;
}

int migrate(struct arena *arena, const struct migrate_input *input, struct migration *out,
	    struct err *err)
{
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct migrating m = {
		.arena = arena,
		.out = out,
		.map = input->map ? input->map : migrate_map,
	};

	*out = (struct migration){ .talos = NULL };
	if (open_cluster(input->file, input->files, &workspace, &m.cluster, err) < 0 ||
	    choose_release(&m, input->to, err) < 0 || render_before(&m, err) < 0)
		return -1;
	list_patches(&m);
	for (size_t i = 0; i < m.cluster->nodes; i++)
		look_for_blocks(&m, i);
	for (size_t i = 0; i < m.cluster->nodes; i++)
		look_for_endpoint(&m, i);
	return try_all(&m, input, err);
}
