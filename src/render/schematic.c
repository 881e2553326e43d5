#include "render/schematic.h"

#include "base/fs.h"
#include "base/own.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/version.h"
#include "crypto/digest.h"
#include "render/key_order.h"
#include "tree/decode.h"
#include "tree/path.h"
#include "tree/yaml.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)4 << 20)
#define TAG_MAX 128

struct meta_input {
	uint64_t key;
	const char *value;
};

struct customization_input {
	const char *config, *bootloader, *enroll;
	struct texts kernel_args, extensions;
	struct structs meta;
	enum tristate well_known;
	uint64_t sector_size;
};

struct schematic_input {
	const char *owner, *image, *name;
	const struct value *options;
	struct customization_input custom;
};

static const char *const bootloaders[] = { "none", "sd-boot", "grub", "dual-boot", NULL };
static const char *const enrollments[] = { "off", "manual", "if-safe", "force", NULL };

#define AT(member) offsetof(struct customization_input, member)
#define TOP(member) offsetof(struct schematic_input, member)

/* The structs of these are embedded in one flat struct, so the offsets of inner rows are its own.
 */
static const struct field meta_fields[] = {
	{ "key", FIELD_UINT, offsetof(struct meta_input, key), .required = true, .max = UINT8_MAX },
	{ "value", FIELD_STR, offsetof(struct meta_input, value), .required = true },
	{ 0 },
};
static const struct field extension_fields[] = {
	{ "officialExtensions", FIELD_TEXTS, AT(extensions) },
	{ 0 },
};
static const struct field secureboot_fields[] = {
	{ "enrollKeys", FIELD_STR, AT(enroll), .choices = enrollments },
	{ "includeWellKnownCertificates", FIELD_BOOL, AT(well_known) },
	{ 0 },
};
static const struct field disk_fields[] = {
	{ "sectorSize", FIELD_UINT, AT(sector_size), .max = UINT32_MAX },
	{ 0 },
};
static const struct field customization_fields[] = {
	{ "embeddedMachineConfiguration", FIELD_STR, AT(config) },
	{ "extraKernelArgs", FIELD_TEXTS, AT(kernel_args) },
	{ "meta", FIELD_STRUCTS, AT(meta), .inner = meta_fields,
	  .inner_size = sizeof(struct meta_input) },
	{ "systemExtensions", FIELD_STRUCT, 0, .inner = extension_fields },
	{ "bootloader", FIELD_STR, AT(bootloader), .choices = bootloaders, .any_case = true },
	{ "secureboot", FIELD_STRUCT, 0, .inner = secureboot_fields },
	{ "diskImage", FIELD_STRUCT, 0, .inner = disk_fields },
	{ 0 },
};
static const struct field overlay_fields[] = {
	{ "image", FIELD_STR, TOP(image) },
	{ "name", FIELD_STR, TOP(name) },
	{ "options", FIELD_MAP, TOP(options) },
	{ 0 },
};
static const struct field schematic_fields[] = {
	{ "owner", FIELD_STR, TOP(owner) },
	{ "overlay", FIELD_STRUCT, 0, .inner = overlay_fields },
	{ "customization", FIELD_STRUCT, TOP(custom), .inner = customization_fields },
	{ 0 },
};

static bool has_any(const struct value *map, const struct field *fields)
{
	for (; fields->name; fields++)
		if (value_has(map, fields->name))
			return true;
	return false;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void add_text(struct arena *arena, struct map_builder *map, const char *key,
		     const char *text)
{
	if (text && text[0])
		map_add(map, key, value_str(arena, text));
}

static void add_texts(struct arena *arena, struct map_builder *map, const char *key,
		      const struct texts *texts)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < texts->len; i++)
		list_add(list, value_str(arena, texts->at[i]));
	if (texts->len > 0)
		map_add(map, key, list_end(list));
}

static void add_map(struct map_builder *map, const char *key, const struct value *inner)
{
	if (value_len(inner) > 0)
		map_add(map, key, inner);
}

/* Free values as Talos prints them: keys in its order, scalars in their shortest form. */
static const struct value *normal(struct arena *arena, const struct value *value)
{
	struct list_builder *list;
	struct map_builder *map;

	switch (value_kind(value)) {
	case VALUE_MAP:
		map = map_begin(arena);
		for (size_t i = 0; i < value_len(value); i++)
			map_add(map, value_key_at(value, i), normal(arena, value_at(value, i)));
		return key_order_sorted(arena, map_end(map));
	case VALUE_LIST:
		list = list_begin(arena);
		for (size_t i = 0; i < value_len(value); i++)
			list_add(list, normal(arena, value_at(value, i)));
		return list_end(list);
	default:
		return value_normal(arena, value);
	}
}

static const struct value *overlay_value(struct arena *arena, const struct schematic_input *in)
{
	struct map_builder *map = map_begin(arena);

	if (or_empty(in->image)[0] || or_empty(in->name)[0] || value_len(in->options) > 0) {
		map_add(map, "image", value_str(arena, or_empty(in->image)));
		map_add(map, "name", value_str(arena, or_empty(in->name)));
	}
	if (value_len(in->options) > 0)
		map_add(map, "options", normal(arena, in->options));
	return map_end(map);
}

static const struct value *meta_value(struct arena *arena, const struct structs *meta)
{
	struct list_builder *list = list_begin(arena);
	const struct meta_input *at = meta->at;

	for (size_t i = 0; i < meta->len; i++) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "key", value_of_u64(arena, at[i].key));
		map_add(map, "value", value_str(arena, or_empty(at[i].value)));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

static const struct value *customization_value(struct arena *arena,
					       const struct customization_input *in)
{
	struct map_builder *map = map_begin(arena), *extensions = map_begin(arena);
	struct map_builder *secureboot = map_begin(arena), *disk = map_begin(arena);

	add_texts(arena, extensions, "officialExtensions", &in->extensions);
	add_text(arena, secureboot, "enrollKeys", in->enroll);
	if (in->well_known == TRI_TRUE)
		map_add(secureboot, "includeWellKnownCertificates", value_of_bool(arena, true));
	if (in->sector_size > 0)
		map_add(disk, "sectorSize", value_of_u64(arena, in->sector_size));

	add_text(arena, map, "embeddedMachineConfiguration", in->config);
	add_texts(arena, map, "extraKernelArgs", &in->kernel_args);
	add_map(map, "meta", meta_value(arena, &in->meta));
	add_map(map, "systemExtensions", map_end(extensions));
	if (!text_equal(in->bootloader, "none"))
		add_text(arena, map, "bootloader", in->bootloader);
	add_map(map, "secureboot", map_end(secureboot));
	add_map(map, "diskImage", map_end(disk));
	return map_end(map);
}

static const struct value *canonical(struct arena *arena, const struct schematic_input *in)
{
	struct map_builder *map = map_begin(arena);

	add_text(arena, map, "owner", in->owner);
	add_map(map, "overlay", overlay_value(arena, in));
	map_add(map, "customization", customization_value(arena, &in->custom));
	return map_end(map);
}

/* The factory still takes the old names; what it puts into the image has the new one. */
static const struct {
	const char *old, *name;
} renamed[] = {
	{ "siderolabs/v4l-uvc", "siderolabs/v4l-uvc-drivers" },
	{ "siderolabs/usb-modem", "siderolabs/usb-modem-drivers" },
	{ "siderolabs/gasket", "siderolabs/gasket-driver" },
	{ "siderolabs/talos-vmtoolsd", "siderolabs/vmtoolsd-guest-agent" },
	{ "siderolabs/xe-guest-utilities", "siderolabs/xen-guest-agent" },
	{ "siderolabs/nvidia-container-toolkit", "siderolabs/nvidia-container-toolkit-lts" },
	{ "siderolabs/nvidia-open-gpu-kernel-modules",
	  "siderolabs/nvidia-open-gpu-kernel-modules-lts" },
	{ "siderolabs/nonfree-kmod-nvidia", "siderolabs/nonfree-kmod-nvidia-lts" },
	{ "siderolabs/nvidia-fabricmanager", "siderolabs/nvidia-fabric-manager-lts" },
	{ "siderolabs/i915-ucode", "siderolabs/i915" },
	{ "siderolabs/amdgpu-firmware", "siderolabs/amdgpu" },
};

static void check_extensions(const struct texts *extensions, const char *path,
			     struct findings *findings)
{
	for (size_t i = 0; i < extensions->len; i++) {
		for (size_t k = 0; k < ARRAY_LEN(renamed); k++) {
			if (!text_equal(extensions->at[i], renamed[k].old))
				continue;
			finding_add(findings, FINDING_WARNING, "extension-renamed",
				    value_src(extensions->value[i]), path, "%s is called %s now",
				    renamed[k].old, renamed[k].name);
			finding_hint(findings, "with the new name the schematic has another id");
		}
	}
}

static int set_id(struct arena *arena, const struct schematic_input *in, struct schematic *out)
{
	static const struct yaml_style style = { .indent = 4, .whole_digits = true };
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	unsigned char digest[SHA256_SIZE];

	yaml_write(&text, canonical(arena, in), &style);
	if (text.full)
		return -1;
	sha256(str_text(&text), text.len, digest);
	out->text = arena_strn(arena, str_text(&text), text.len);
	out->id = hex_encode(arena, digest, sizeof(digest));
	return 0;
}

int schematic_read(struct arena *arena, const struct value *value, const char *path,
		   struct schematic *out, struct findings *findings)
{
	struct schematic_input in = { .owner = NULL };
	int r = 0;

	if (value_is_map(value) && !has_any(value, schematic_fields) &&
	    has_any(value, customization_fields))
		r = value_decode(value, customization_fields, path, &in.custom, findings);
	else if (!value_is_null(value))
		r = value_decode(value, schematic_fields, path, &in, findings);
	if (r < 0)
		return -1;
	check_extensions(&in.custom.extensions, path, findings);
	if (set_id(arena, &in, out) == 0)
		return 0;
	finding_add(findings, FINDING_ERROR, "too-long", value_src(value), path,
		    "the schematic is longer than %zu bytes", TEXT_MAX);
	return -1;
}

int schematic_read_file(struct arena *arena, const char *file, struct schematic *out,
			struct findings *findings, struct err *err)
{
	const struct value *value;
	size_t errors = findings->errors;

	if (yaml_read_file(arena, file, &value, err) < 0)
		return -1;
	if (schematic_read(arena, value, "", out, findings) == 0)
		return 0;
	return err_set(err, ERR_INPUT, "the schematic has %zu error%s", findings->errors - errors,
		       findings->errors - errors == 1 ? "" : "s");
}

/* A place outlives the arena it was found in; one that is the same for many nodes is told once. */
static void add_new(struct findings *findings, const struct finding *found)
{
	struct src src = found->src;

	if (findings_have(findings, found->id, src))
		return;
	src.file = arena_str(findings->arena, src.file);
	finding_add(findings, found->severity, found->id, src,
		    arena_str(findings->arena, found->path), "%s", found->text);
	if (found->hint)
		finding_hint(findings, "%s", found->hint);
}

static int check_same(struct findings *findings, const struct cluster *cluster,
		      const struct node *node, const struct schematic *schematic)
{
	struct src other = value_src(node->schematic);
	struct src src = setting_src(cluster, node, "schematic_id");

	if (!node->schematic_id || strcmp(node->schematic_id, schematic->id) == 0)
		return 0;
	if (findings_have(findings, "schematic-twice", src))
		return -1;
	finding_add(findings, FINDING_ERROR, "schematic-twice", src, node->schematic_path,
		    "schematic_id is not the id of the schematic at %s:%u:%u, which is %s",
		    or_empty(other.file), other.line, other.column, schematic->id);
	finding_hint(findings, "keep one of the two");
	return -1;
}

int schematic_check(struct findings *findings, const struct cluster *cluster,
		    const struct node *node)
{
	struct arena *scratch OWNED(arena_free) = arena_new("schematic");
	struct findings found;
	struct schematic schematic;

	if (!node->schematic)
		return 0;
	findings_init(&found, scratch);
	int r = schematic_read(scratch, node->schematic, node->schematic_path, &schematic, &found);
	for (size_t i = 0; i < found.len; i++)
		add_new(findings, &found.at[i]);
	return r < 0 ? -1 : check_same(findings, cluster, node, &schematic);
}

const char *schematic_of_node(struct arena *arena, const struct node *node)
{
	struct findings quiet;
	struct schematic schematic;

	if (!node->schematic)
		return node->schematic_id;
	findings_init(&quiet, arena);
	if (schematic_read(arena, node->schematic, "", &schematic, &quiet) < 0)
		return NULL;
	return schematic.id;
}

enum url_need {
	NEED_ALWAYS,
	NEED_PLAIN, /* not with Secure Boot, which boots one signed file */
};

bool installer_is_dead(const char *image)
{
	static const char name[] = "ghcr.io/siderolabs/installer:";
	const struct version first = { .major = 1, .minor = 14 };
	struct version version;
	char tag[TAG_MAX + 1];

	if (!image || !text_starts(image, name))
		return false;
	image += sizeof(name) - 1;
	/* a digest may follow the tag */
	snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(image, "@"), image);
	return version_parse(tag, &version) && version_minor_compare(&version, &first) >= 0;
}

/* %H host, %B host that computers boot from, %I id, %V release, %P platform, %A architecture, %S
 * "-secureboot" or nothing. */
static const struct {
	const char *name, *form;
	enum url_need need;
} url_forms[] = {
	{ "iso", "https://%H/image/%I/%V/%P-%A%S.iso", NEED_ALWAYS },
	{ "disk", "https://%H/image/%I/%V/%P-%A%S.raw.zst", NEED_ALWAYS },
	{ "uki", "https://%H/image/%I/%V/%P-%A%S-uki.efi", NEED_ALWAYS },
	{ "kernel", "https://%H/image/%I/%V/kernel-%A", NEED_PLAIN },
	{ "initramfs", "https://%H/image/%I/%V/initramfs-%A.xz", NEED_PLAIN },
	{ "cmdline", "https://%H/image/%I/%V/cmdline-%P-%A%S", NEED_ALWAYS },
	{ "pxe", "https://%B/pxe/%I/%V/%P-%A%S", NEED_ALWAYS },
	{ "installer", "%H/%P-installer%S/%I:%V", NEED_ALWAYS },
};

static const char *part_of(const struct schematic_target *target, char letter)
{
	switch (letter) {
	case 'H':
		return target->factory ? target->factory : SCHEMATIC_HOST;
	case 'B': /* a factory of one's own has one host for all of it */
		return target->factory ? target->factory : SCHEMATIC_PXE_HOST;
	case 'I':
		return target->id;
	case 'V':
		return target->talos;
	case 'P':
		return target->platform;
	case 'A':
		return target->arch;
	default:
		return target->secureboot ? "-secureboot" : "";
	}
}

static const char *url_of(struct arena *arena, const struct schematic_target *target,
			  const char *form)
{
	struct str text SCOPED(str_done) = STR_INIT(2000);

	for (; *form; form++) {
		if (*form == '%')
			str_add(&text, part_of(target, *++form));
		else
			str_addc(&text, *form);
	}
	return arena_str(arena, str_text(&text));
}

void schematic_urls(struct arena *arena, const struct schematic_target *target,
		    struct schematic_urls *out)
{
	out->at = arena_calloc(arena, ARRAY_LEN(url_forms), sizeof(*out->at));
	out->len = 0;
	for (size_t i = 0; i < ARRAY_LEN(url_forms); i++) {
		if (target->secureboot && url_forms[i].need == NEED_PLAIN)
			continue;
		out->at[out->len++] = (struct schematic_url){
			url_forms[i].name, url_of(arena, target, url_forms[i].form)
		};
	}
}
