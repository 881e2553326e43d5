/* What talhelper refuses in the settings of a node, beyond their types. */
#include "convert/talhelper_parts.h"

#include "base/text.h"
#include "convert/go_template.h"
#include "convert/official.h"
#include "convert/talhelper_network.h"
#include "render/schematic.h"
#include "render/validate.h"
#include "tree/path.h"

#include <string.h>

static const char *where(const struct import *import, const struct import_node *node,
			 const char *key)
{
	return path_key(import->arena, node->path, key);
}

/* Settings that Talos checks where they stand in the main document. */
static const struct part {
	const char *key, *path; /* here and there */
	bool all;		/* a key of the talconfig */
} parts[] = {
	{ "networkInterfaces", "machine.network.interfaces", false },
	{ "nodeLabels", "machine.nodeLabels", false },
	{ "nodeAnnotations", "machine.nodeAnnotations", false },
	{ "nodeTaints", "machine.nodeTaints", false },
	{ "machineDisks", "machine.disks", false },
	{ "cniConfig", "cluster.network.cni", true },
	{ "inlineManifests", "cluster.inlineManifests", true },
};

/* Values that are templates are not looked at yet. */
static const struct value *without_templates(struct arena *arena, const struct value *value)
{
	struct map_builder *map = map_begin(arena);

	if (!value_is_map(value))
		return value;
	map_src(map, value_src(value));
	for (size_t i = 0; i < value_len(value); i++) {
		const char *key = value_key_at(value, i);
		const char *text = value_text(value_at(value, i));

		if (!text || !go_template_is(text))
			map_add_at(map, key, value_key_src(value, key), value_at(value, i));
	}
	return map_end(map);
}

static const struct value *part_value(struct import *import, const struct import_node *node,
				      const struct part *part)
{
	const struct value *from = part->all ? import->config.raw : node->from->raw;
	const char *path = part->all ? part->key : where(import, node, part->key);

	return typed_field(&import->typed, SCHEMA_MAIN, part->path,
			   without_templates(import->arena, value_get(from, part->key)), path);
}

static void add_found(struct import *import, const struct import_node *node,
		      const struct finding *found)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *path = parts[i].all ? parts[i].key
						: where(import, node, parts[i].key);

		if (!text_starts(found->path, parts[i].path) ||
		    findings_have(import->findings, found->id, found->src))
			continue;
		const char *rest = found->path + strlen(parts[i].path);
		finding_add(import->findings, FINDING_ERROR, found->id,
			    found->src.line ? found->src : value_src(node->from->raw),
			    arena_printf(import->arena, "%s%s", path, rest), "%s", found->text);
		if (found->hint)
			finding_hint(import->findings, "%s", found->hint);
	}
}

/* The checks of Talos on these settings alone, warnings included, whatever the release: where there
 * are documents for them, talhelper still reads the old form. */
static void check_parts(struct import *import, const struct import_node *node)
{
	static const struct validate_options options = { .mode = VALIDATE_METAL, .strict = true };
	struct draft main = { .arena = import->arena };
	struct document document = { .kind = SCHEMA_MAIN };
	const struct config config = { &document, 1, import->release };
	struct findings found;

	draft_text(&main, "version", "v1alpha1");
	draft_text(&main, "machine.type", role_name(ROLE_CONTROL));
	draft_text(&main, "cluster.controlPlane.endpoint", "https://192.0.2.1:6443");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct value *value = part_value(import, node, &parts[i]);

		if (value)
			draft_put(&main, parts[i].path, value);
	}
	document.value = main.root;
	findings_init(&found, import->arena);
	validate_config(&found, &config, &options);
	for (size_t i = 0; i < found.len; i++)
		if (found.at[i].severity == FINDING_ERROR)
			add_found(import, node, &found.at[i]);
}

/* What a group says must be of the right types even where all nodes say it themselves. */
void import_check_groups(struct import *import)
{
	static const char *const names[ROLE_COUNT] = { "controlPlane", "worker" };
	static const struct part modules = { "kernelModules", "machine.kernel.modules", false };

	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct value *group = import->config.group[role];

		for (size_t i = 0; i <= ARRAY_LEN(parts); i++) {
			const struct part *part = i < ARRAY_LEN(parts) ? &parts[i] : &modules;

			if (!part->all)
				(void)typed_field(&import->typed, SCHEMA_MAIN, part->path,
						  value_get(group, part->key),
						  path_key(import->arena, names[role], part->key));
		}
	}
}

static void check_files(struct import *import, const struct import_node *node)
{
	const struct value *files = node->from->files;

	for (size_t i = 0; i < value_len(files); i++) {
		const struct value *file = value_at(files, i);
		const char *op = value_get_text(file, "op"), *name = value_get_text(file, "path");
		const char *path =
			path_index(import->arena, where(import, node, "machineFiles"), i);

		if (findings_have(import->findings, "bad-file", value_src(file)))
			continue;
		if (!text_equal(op, "create") && !text_equal(op, "append") &&
		    !text_equal(op, "overwrite"))
			finding_add(import->findings, FINDING_ERROR, "bad-file", value_src(file),
				    path, "op of %s must be create, append or overwrite", path);
		else if (!name || name[0] != '/')
			finding_add(import->findings, FINDING_ERROR, "bad-file", value_src(file),
				    path, "path of %s must begin with /", path);
	}
}

/* What an image may end in, by how it is booted. */
static void check_suffix(struct import *import, const struct import_node *node)
{
	static const char *const disk_images[] = { "raw.zst", "raw.xz", "raw.tar.gz", "vhd.xz",
						   "raw.gz", "ova", "qcow2" };
	const struct talconfig_spec *spec = &node->from->spec;
	const char *method = text_is_blank(spec->boot_method) ? "iso" : spec->boot_method;
	const char *suffix = spec->image_suffix;
	bool good = strcmp(method, "iso") == 0 && text_equal(suffix, "iso");

	for (size_t i = 0; i < ARRAY_LEN(disk_images) && strcmp(method, "disk-image") == 0; i++)
		good |= text_equal(suffix, disk_images[i]);
	if (text_is_blank(suffix) || good)
		return;
	finding_add(import->findings, FINDING_ERROR, "bad-choice",
		    talconfig_place(node->from, "machineSpec"),
		    where(import, node, "machineSpec.imageSuffix"),
		    "an image to boot as %s does not end in \"%s\"", method, suffix);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define IMAGE_NAME_MAX 255

/* Labels of letters, digits and, inside of them, hyphens. */
static bool is_domain(const char *text, size_t len)
{
	for (size_t at = 0, label; at <= len; at += label + 1) {
		label = strspn(text + at, LOWER UPPER DIGITS "-");
		if (at + label > len)
			label = len - at;
		if (label == 0 || text[at] == '-' || text[at + label - 1] == '-' ||
		    (at + label < len && text[at + label] != '.'))
			return false;
	}
	return true;
}

/* A host that cannot be taken for a folder of the usual registry: it has a dot or a port. */
static bool is_registry(const char *host, size_t len)
{
	const char *colon = memchr(host, ':', len);
	size_t name = colon ? (size_t)(colon - host) : len;
	bool is_local = len == strlen("localhost") && strncmp(host, "localhost", len) == 0;

	if (!is_domain(host, name))
		return false;
	if (!colon)
		return is_local || memchr(host, '.', name);
	return name + 1 < len && strspn(colon + 1, DIGITS) == len - name - 1;
}

/* Letters and digits, between them a dot, one or two underscores, or hyphens. */
static bool is_image_folder(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t word = strspn(text + at, LOWER DIGITS), gap;

		if (word == 0)
			return false;
		at += word;
		gap = strspn(text + at, "-");
		if (!gap && text[at] == '.')
			gap = 1;
		if (!gap)
			gap = strspn(text + at, "_");
		if (at < len && (gap == 0 || (text[at] == '_' && gap > 2) || at + gap >= len))
			return false;
		at += gap;
	}
	return len > 0;
}

/* The full name of an image, without tag and digest. */
static bool is_image_name(const char *text)
{
	size_t host = strcspn(text, "/");
	const char *rest = text + host;

	if (!*rest || strlen(text) > IMAGE_NAME_MAX || !is_registry(text, host))
		return false;
	while (*rest) {
		size_t len = strcspn(rest + 1, "/");

		if (!is_image_folder(rest + 1, len))
			return false;
		rest += 1 + len;
	}
	return true;
}

static void check_image(struct import *import, const struct import_node *node)
{
	const char *image = node->from->image;

	if (text_is_blank(image) || is_image_name(image))
		return;
	finding_add(import->findings, FINDING_ERROR, "bad-image",
		    talconfig_place(node->from, "talosImageURL"),
		    where(import, node, "talosImageURL"),
		    "\"%s\" is no image with its registry, without tag and digest", image);
}

static void reject_schematic(struct import *import, const struct import_node *node,
			     const struct value *value, const char *text)
{
	struct src src = value_src(value);

	if (!src.line)
		src = talconfig_place(node->from, "schematic");
	if (!findings_have(import->findings, "schematic-name", src))
		finding_add(import->findings, FINDING_ERROR, "schematic-name", src,
			    where(import, node, "schematic"), "%s", text);
}

static void check_extension(struct import *import, const struct import_node *node,
			    const struct value *list, size_t index)
{
	const struct value *value = value_at(list, index);
	const char *name = value_text(value), *near;

	if (!name)
		return;
	for (size_t i = 0; i < index; i++)
		if (text_equal(value_text(value_at(list, i)), name)) {
			reject_schematic(import, node, value,
					 arena_printf(import->arena,
						      "the extension %s is there twice", name));
			return;
		}
	if (official_extension(name, import->talos))
		return;
	reject_schematic(import, node, value,
			 arena_printf(import->arena, "Talos %s has no extension %s", import->talos,
				      name));
	near = official_extension_near(name);
	if (near && import->findings->at[import->findings->len - 1].src.line ==
			    value_src(value).line)
		finding_hint(import->findings, "did you mean siderolabs/%s? With "
					       "noSchematicValidate: true nobody checks",
			     near);
}

/* Only of the usual factory it is known what it has. */
static void check_schematic(struct import *import, const struct import_node *node)
{
	const struct value *schematic = node->from->schematic;
	const struct value *custom = value_get(schematic, "customization");
	const struct value *list =
		value_get(value_get(custom, "systemExtensions"), "officialExtensions");
	const struct value *overlay = value_get(schematic, "overlay");
	const char *image = value_get_text(overlay, "image");
	const char *name = value_get_text(overlay, "name");
	const char *registry = import->config.factory.registry;

	if (node->from->no_schematic_check == TRI_TRUE ||
	    (!text_is_blank(registry) && strcmp(registry, SCHEMATIC_HOST) != 0))
		return;
	for (size_t i = 0; value_is_list(list) && i < value_len(list); i++)
		check_extension(import, node, list, i);
	if (text_is_blank(image) && text_is_blank(name))
		return;
	if (text_is_blank(image) || text_is_blank(name))
		reject_schematic(import, node, overlay, "an overlay needs an image and a name");
	else if (!official_overlay(image, name, import->talos))
		reject_schematic(import, node, overlay,
				 arena_printf(import->arena, "Talos %s has no overlay %s of %s",
					      import->talos, name, image));
}

void import_check(struct import *import, const struct import_node *node)
{
	if (value_len(node->from->interfaces))
		talhelper_network_check(&import->typed, node->from->interfaces,
					where(import, node, "networkInterfaces"));
	check_parts(import, node);
	check_files(import, node);
	check_suffix(import, node);
	check_image(import, node);
	check_schematic(import, node);
}
