#include "convert/talhelper_image.h"

#include "base/str.h"
#include "base/text.h"
#include "convert/go_template.h"
#include "convert/typed_value.h"
#include "render/draft.h"
#include "render/schematic.h"
#include "tree/path.h"

#include <string.h>

#define URL_MAX 8192

#define INSTALLER                                                                   \
	"{{.RegistryURL}}/{{.Mode}}-installer{{if .Secureboot}}-secureboot{{end}}/" \
	"{{.ID}}:{{.Version}}"
#define IMAGE                                                                                \
	"{{.Protocol}}://{{.RegistryURL}}/image/{{.ID}}/{{.Version}}/{{.Mode}}-{{.Arch}}"    \
	"{{if .Secureboot}}-secureboot{{end}}{{if and .Secureboot .UseUKI}}-uki.efi{{else}}" \
	"{{.Suffix}}{{end}}"

static const char *or_else(const char *text, const char *otherwise)
{
	return text_is_blank(text) ? otherwise : text;
}

static void add(struct arena *arena, struct map_builder *map, const char *key, const char *text)
{
	map_add(map, key, value_str(arena, text));
}

/* talhelper takes .iso for every way to boot, unless a suffix is given. */
static const char *suffix_of(struct arena *arena, const struct talconfig_spec *spec)
{
	const char *suffix = or_else(spec->image_suffix, "iso");

	return suffix[0] == '.' ? suffix : arena_printf(arena, ".%s", suffix);
}

/* What the template of an installer sees, and that of an image besides. */
static const struct value *template_data(struct arena *arena, const struct talconfig *config,
					 const struct talconfig_spec *spec, const char *id,
					 bool image)
{
	const struct talconfig_factory *factory = &config->factory;
	struct map_builder *map = map_begin(arena);

	add(arena, map, "RegistryURL", or_else(factory->registry, SCHEMATIC_HOST));
	add(arena, map, "ID", id);
	add(arena, map, "Version", talconfig_talos(arena, config));
	add(arena, map, "Mode", or_else(spec->mode, "metal"));
	map_add(map, "Secureboot", value_of_bool(arena, spec->secureboot == TRI_TRUE));
	if (!image)
		return map_end(map);
	add(arena, map, "BootMethod", or_else(spec->boot_method, "iso"));
	add(arena, map, "Protocol", or_else(factory->protocol, "https"));
	add(arena, map, "Arch", or_else(spec->arch, "amd64"));
	add(arena, map, "Suffix", suffix_of(arena, spec));
	map_add(map, "UseUKI", value_of_bool(arena, spec->uki == TRI_TRUE));
	return map_end(map);
}

struct url_template {
	const char *key, *otherwise; /* in imageFactory, and what stands for it */
	const struct value *data;
	bool optional; /* no config needs it */
};

static int render(const struct talconfig *config, const struct url_template *url, const char **out,
		  struct findings *findings)
{
	struct arena *arena = findings->arena;
	struct str text SCOPED(str_done) = STR_INIT(URL_MAX);
	const struct value *factory = value_get(config->raw, "imageFactory");
	struct src src = value_src(value_get(factory, url->key));
	struct go_template template = { .file = src.file ? src.file : "talconfig.yaml",
					.line = src.line,
					.column = src.column,
					.data = url->data,
					.strict = true };
	struct err err = ERR_INIT;

	template.text = or_else(value_get_text(factory, url->key), url->otherwise);
	template.len = strlen(template.text);
	if (go_template_render(arena, &template, &text, &err) < 0 && url->optional) {
		if (!findings_have(findings, "bad-template",
				   (struct src){ err.file, err.line, err.column }))
			finding_add(findings, FINDING_WARNING, "bad-template",
				    (struct src){ arena_str(arena, err.file), err.line,
						  err.column },
				    "", "there is no URL of an image: %s", err.text);
		*out = "";
		return 0;
	}
	if (err_is_set(&err)) {
		if (!findings_have(findings, "bad-template",
				   (struct src){ err.file, err.line, err.column }))
			finding_add_err(findings, "bad-template", &err);
		return -1;
	}
	*out = arena_str(arena, str_text(&text));
	return 0;
}

/* The maps of a schematic and what talhelper knows in them. */
static const struct schematic_part {
	const char *path;
	const char *const keys[8];
} schematic_parts[] = {
	{ "", { "owner", "overlay", "customization", NULL } },
	{ "overlay", { "image", "name", "options", NULL } },
	{ "customization",
	  { "extraKernelArgs", "meta", "systemExtensions", "secureboot", "bootloader",
	    "embeddedMachineConfiguration", "diskImage", NULL } },
	{ "customization.systemExtensions", { "officialExtensions", NULL } },
	{ "customization.secureboot", { "includeWellKnownCertificates", "enrollKeys", NULL } },
};

static const struct value *known_schematic(struct arena *arena, const struct value *schematic,
					   const char *path, struct findings *findings)
{
	const struct typed typed = { arena, RELEASE_1_13, findings };

	for (size_t i = 0; i < ARRAY_LEN(schematic_parts); i++) {
		const struct schematic_part *part = &schematic_parts[i];
		struct draft draft = { .arena = arena, .root = schematic };
		const struct value *map = schematic;
		struct path parts;

		if (part->path[0]) {
			path_parse(arena, part->path, &parts, NULL);
			map = path_get(schematic, &parts);
		}
		if (!value_is_map(map))
			continue;
		map = typed_keys(&typed, part->keys, map, path_key(arena, path, part->path));
		if (part->path[0])
			draft_put(&draft, part->path, map);
		else
			draft.root = map;
		schematic = draft.root;
	}
	return schematic;
}

static const char *id_of(struct arena *arena, const struct value *schematic, const char *path,
			 struct findings *findings)
{
	struct schematic read;

	if (!schematic)
		return SCHEMATIC_PLAIN;
	return schematic_read(arena, schematic, path, &read, findings) < 0 ? NULL : read.id;
}

static void find_kernel_args(const struct talconfig_node *node, struct findings *findings,
			     struct texts *out)
{
	struct kernel_input {
		struct texts args;
	} input = { .args = { .len = 0 } };
	const struct field fields[] = {
		{ "extraKernelArgs", FIELD_TEXTS, offsetof(struct kernel_input, args) },
		{ 0 },
	};
	const struct value *list = value_get(value_get(node->schematic, "customization"),
					     "extraKernelArgs");
	struct map_builder *map = map_begin(findings->arena);

	if (list)
		map_add(map, "extraKernelArgs", list);
	value_decode(map_end(map), fields, "", &input, findings);
	*out = input.args;
}

int talhelper_image_of(struct arena *arena, const struct talconfig *config,
		       const struct talconfig_node *node, struct talhelper_image *out,
		       struct findings *findings)
{
	const char *path = path_index(arena, "nodes", node->index);
	const struct value *boot;
	const char *image_id;

	*out = (struct talhelper_image){ .secureboot = node->spec.secureboot == TRI_TRUE };
	out->schematic = known_schematic(arena, node->schematic, path_key(arena, path, "schematic"),
					 findings);
	boot = node->image_schematic ? known_schematic(arena, node->image_schematic,
						       path_key(arena, path, "imageSchematic"),
						       findings)
				     : out->schematic;
	out->id = id_of(arena, out->schematic, path_key(arena, path, "schematic"), findings);
	image_id = id_of(arena, boot,
			 path_key(arena, path, "imageSchematic"), findings);
	if (!out->id || !image_id)
		return -1;
	out->plain = strcmp(out->id, SCHEMATIC_PLAIN) == 0;
	find_kernel_args(node, findings, &out->kernel_args);
	const struct url_template installer = {
		.key = "installerURLTmpl",
		.otherwise = INSTALLER,
		.data = template_data(arena, config, &node->spec, out->id, false),
		.optional = !text_is_blank(node->image),
	};
	const struct url_template image = {
		.key = "ISOURLTmpl",
		.otherwise = IMAGE,
		.data = template_data(arena, config, &node->spec, image_id, true),
		.optional = true,
	};
	if (render(config, &installer, &out->installer, findings) < 0 ||
	    render(config, &image, &out->url, findings) < 0)
		return -1;
	if (!text_is_blank(node->image))
		out->installer = arena_printf(arena, "%s:%s", node->image,
					      talconfig_talos(arena, config));
	return 0;
}
