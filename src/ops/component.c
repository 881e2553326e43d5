#include "ops/component.h"

#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/version.h"
#include "ops/installer.h"
#include "tree/yaml.h"

#include <string.h>

#define CONFIG_MAX ((size_t)8 << 20)

static const struct row {
	const char *name;
	const char *section, *key; /* of the main document */
	const char *kind;	   /* of its own document */
	const char *repository;	   /* that Talos takes when none is said */
	enum talos_store store;
} rows[COMPONENT_COUNT] = {
	[COMPONENT_APISERVER] = { "kube-apiserver", "cluster", "apiServer", "KubeAPIServerConfig",
				  "registry.k8s.io/kube-apiserver", STORE_CRI },
	[COMPONENT_CONTROLLER_MANAGER] = { "kube-controller-manager", "cluster",
					   "controllerManager", "KubeControllerManagerConfig",
					   "registry.k8s.io/kube-controller-manager", STORE_CRI },
	[COMPONENT_SCHEDULER] = { "kube-scheduler", "cluster", "scheduler", "KubeSchedulerConfig",
				  "registry.k8s.io/kube-scheduler", STORE_CRI },
	[COMPONENT_PROXY] = { "kube-proxy", "cluster", "proxy", "KubeProxyConfig",
			      "registry.k8s.io/kube-proxy", STORE_CRI },
	[COMPONENT_KUBELET] = { "kubelet", "machine", "kubelet", "KubeletConfig",
				"ghcr.io/siderolabs/kubelet", STORE_SYSTEM },
};

const char *component_name(enum component component)
{
	return rows[component].name;
}

bool component_named(const char *name, enum component *out)
{
	for (enum component i = 0; i < COMPONENT_COUNT; i++) {
		if (text_equal(rows[i].name, name)) {
			*out = i;
			return true;
		}
	}
	return false;
}

enum talos_store component_store(enum component component)
{
	return rows[component].store;
}

const struct talos_resource_type *component_resource(enum component component)
{
	static const struct talos_resource_type types[COMPONENT_STATIC_PODS] = {
		[COMPONENT_APISERVER] = { "APIServerConfigs.kubernetes.talos.dev", "controlplane",
					  "kube-apiserver", "the config of kube-apiserver", NULL },
		[COMPONENT_CONTROLLER_MANAGER] = { "ControllerManagerConfigs.kubernetes.talos.dev",
						   "controlplane", "kube-controller-manager",
						   "the config of kube-controller-manager", NULL },
		[COMPONENT_SCHEDULER] = { "SchedulerConfigs.kubernetes.talos.dev", "controlplane",
					  "kube-scheduler", "the config of kube-scheduler", NULL },
	};

	return component < COMPONENT_STATIC_PODS ? &types[component] : NULL;
}

static int read_config(struct arena *arena, const char *config, size_t len,
		       struct yaml_documents *out)
{
	const struct yaml_input input = {
		.file = "live", .text = config, .len = len, .sensitive = true
	};

	*out = (struct yaml_documents){ 0 };
	return yaml_read(arena, &input, out, NULL);
}

/* The document that speaks of the component: its own one, else the main one; `len` when there is
 * neither. */
static size_t document_of(const struct yaml_documents *documents, const struct row *row)
{
	size_t main = documents->len;

	for (size_t i = 0; i < documents->len; i++) {
		const char *kind = value_get_text(documents->at[i], "kind");

		if (text_equal(kind, row->kind))
			return i;
		if (!kind && value_is_map(documents->at[i]))
			main = i;
	}
	return main;
}

static bool is_own(const struct value *document)
{
	return value_has(document, "kind");
}

/* The map that holds `image`; NULL: it is not there. */
static const struct value *settings_in(const struct yaml_documents *documents,
				       const struct row *row)
{
	size_t at = document_of(documents, row);

	if (at == documents->len)
		return NULL;
	if (is_own(documents->at[at]))
		return documents->at[at];
	return value_get(value_get(documents->at[at], row->section), row->key);
}

const char *component_image(struct arena *arena, enum component component, const char *config,
			    size_t len)
{
	struct arena *scratch OWNED(arena_free) = arena_new("image of a component");
	struct yaml_documents documents;

	if (read_config(scratch, config, len, &documents) < 0)
		return NULL;
	return arena_str(arena, value_get_text(settings_in(&documents, &rows[component]), "image"));
}

const struct value *component_settings(struct arena *arena, enum component component,
				       const char *config, size_t len)
{
	struct yaml_documents documents;

	if (read_config(arena, config, len, &documents) < 0)
		return NULL;
	return settings_in(&documents, &rows[component]);
}

bool component_is_off(enum component component, const char *config, size_t len)
{
	struct arena *scratch OWNED(arena_free) = arena_new("is a component off");
	struct yaml_documents documents;

	if (component != COMPONENT_PROXY || read_config(scratch, config, len, &documents) < 0)
		return false;
	const struct value *settings = settings_in(&documents, &rows[component]);

	return value_bool(value_get(settings, "disabled"), false) ||
	       !value_bool(value_get(settings, "enabled"), true);
}

/* What follows the version in a kubelet's tag: "-fat", "-slim", or "". */
static const char *flavour_of(const char *tag)
{
	static const char *const flavours[] = { "-fat", "-slim" };

	for (size_t i = 0; i < ARRAY_LEN(flavours); i++)
		if (text_ends(tag, flavours[i]))
			return tag + strlen(tag) - strlen(flavours[i]);
	return tag + strlen(tag);
}

const char *component_version(struct arena *arena, const char *image)
{
	struct image_name name;
	struct version version;

	if (!image || image_name_parse(arena, image, &name, NULL) < 0 || !name.tag)
		return NULL;

	const char *text = arena_strn(arena, name.tag, (size_t)(flavour_of(name.tag) - name.tag));
	return version_parse(text, &version) && version.has_patch ? text : NULL;
}

const char *component_image_at(struct arena *arena, enum component component, const char *image,
			       const char *version)
{
	struct image_name name = { .repository = rows[component].repository };
	const char *flavour = "";

	if (image && image_name_parse(arena, image, &name, NULL) == 0 && name.tag)
		flavour = flavour_of(name.tag);
	return arena_printf(arena, "%s:%s%s%s", name.repository, *version == 'v' ? "" : "v",
			    version, flavour);
}

/* Where that place is in the text; NULL: there is no such line. */
static const char *place_in(const char *text, size_t len, struct src src)
{
	const char *at = text, *end = text + len;

	for (unsigned line = 1; at && line < src.line; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at || src.column == 0 || (size_t)(end - at) < src.column)
		return NULL;
	return at + src.column - 1;
}

/* Puts the new image where the old one stands; false: the text does not read as expected there. */
static bool replace_in_place(const struct component_change *change, const struct value *old,
			     struct str *out)
{
	const char *text = value_text(old);
	size_t len = value_text_len(old);
	const char *place = place_in(change->config, change->len, value_src(old));
	const char *end = change->config + change->len;

	if (place && place < end && (*place == '"' || *place == '\''))
		place++;
	if (!place || len == 0 || (size_t)(end - place) < len || memcmp(place, text, len) != 0)
		return false;
	str_addn(out, change->config, (size_t)(place - change->config));
	str_add(out, change->image);
	str_addn(out, place + len, (size_t)(end - place) - len);
	return true;
}

static const struct value *with_image(struct arena *arena, const struct value *map,
				      const char *image)
{
	return value_set(arena, map ? map : map_end(map_begin(arena)), "image",
			 value_str(arena, image));
}

/* There is no such key yet, or it is written in an odd way: the documents are printed anew. */
static void print_anew(struct arena *arena, const struct component_change *change,
		       const struct yaml_documents *documents, struct str *out)
{
	const struct row *row = &rows[change->component];
	size_t at = document_of(documents, row);
	const struct value *document = documents->at[at];

	if (is_own(document)) {
		documents->at[at] = with_image(arena, document, change->image);
	} else {
		const struct value *section = value_get(document, row->section);
		const struct value *settings = value_get(section, row->key);

		if (!section)
			section = map_end(map_begin(arena));
		section = value_set(arena, section, row->key,
				    with_image(arena, settings, change->image));
		documents->at[at] = value_set(arena, document, row->section, section);
	}
	yaml_write_all(out, documents->at, documents->len, &yaml_style_talos);
}

int component_put_image(struct arena *arena, const struct component_change *change,
			const char **text, size_t *len, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("config with another image");
	struct str out SCOPED(str_done) = STR_INIT(CONFIG_MAX);
	const struct row *row = &rows[change->component];
	struct yaml_documents documents;

	if (read_config(scratch, change->config, change->len, &documents) < 0 ||
	    document_of(&documents, row) == documents.len)
		return err_set(err, ERR_CONFLICT, "the node's machine config cannot be understood");

	const struct value *old = value_get(settings_in(&documents, row), "image");
	if (!replace_in_place(change, old, &out))
		print_anew(scratch, change, &documents, &out);
	if (out.full)
		return err_set(err, ERR_CONFLICT, "the node's machine config is larger than 8 MiB");
	*len = out.len;
	*text = arena_strn(arena, str_text(&out), out.len);
	return 0;
}
