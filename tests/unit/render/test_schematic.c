#include "render/schematic.h"

#include "base/own.h"
#include "base/text.h"
#include "render/render.h"
#include "tree/yaml.h"
#include "unit/render/site.h"

#include <criterion/criterion.h>
#include <string.h>

#define ZFS "98442b5bb4e8d050f30978ce3e6ec22e7bf534d57cafcd51313235128057e612"

static const struct value *value_of(struct arena *arena, const char *text)
{
	const struct yaml_input input = { .file = "nodes.yaml", .text = text, .len = strlen(text) };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s", err.text);
	return documents.len ? documents.at[0] : NULL;
}

static const struct {
	const char *name, *text, *canonical;
} forms[] = {
	{ "nothing", "", "customization: {}\n" },
	{ "an empty map", "{}", "customization: {}\n" },
	{ "nulls", "{overlay: , customization: {meta: , secureboot: }}", "customization: {}\n" },
	{ "JSON", "{\"customization\": {\"extraKernelArgs\": [\"noapic\"]}}",
	  "customization:\n    extraKernelArgs:\n        - noapic\n" },
	{ "without the key around it", "systemExtensions: {officialExtensions: [siderolabs/drbd]}",
	  "customization:\n    systemExtensions:\n        officialExtensions:\n"
	  "            - siderolabs/drbd\n" },
	{ "a number as an argument", "extraKernelArgs: [7]",
	  "customization:\n    extraKernelArgs:\n        - \"7\"\n" },
	{ "a word of YAML 1.1", "customization: {secureboot: {enrollKeys: off}}",
	  "customization:\n    secureboot:\n        enrollKeys: \"off\"\n" },
	{ "a bootloader in capitals", "customization: {bootloader: SD-Boot}",
	  "customization:\n    bootloader: sd-boot\n" },
	{ "lines that begin with a space, in a list",
	  "customization: {extraKernelArgs: [\"  a\\nb\"], meta: [{key: 10,\n"
	  "  value: \" c\\nd\\n\"}]}",
	  "customization:\n    extraKernelArgs:\n        - |4-\n            a\n          b\n"
	  "    meta:\n        - key: 10\n          value: |4\n             c\n            d\n" },
	{ "no bootloader in particular", "customization: {bootloader: none}",
	  "customization: {}\n" },
	{ "an owner", "{customization: {}, owner: someone}",
	  "owner: someone\ncustomization: {}\n" },
	{ "options inside of options", "overlay: {name: x, options: {b: {z: [0x10], a: TRUE}}}",
	  "overlay:\n    image: \"\"\n    name: x\n    options:\n        b:\n            a: true\n"
	  "            z:\n                - 16\ncustomization: {}\n" },
};

Test(schematic, canonical_text)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct schematic schematic;
		struct findings findings;

		findings_init(&findings, arena);
		cr_assert_eq(schematic_read(arena, value_of(arena, forms[i].text), "", &schematic,
					    &findings),
			     0, "%s: %s", forms[i].name, findings.len ? findings.at[0].text : "");
		cr_assert_str_eq(schematic.text, forms[i].canonical, "%s: %s", forms[i].name,
				 schematic.text);
		cr_assert_eq(strlen(schematic.id), 64);
		cr_assert_eq(text_equal(schematic.id, SCHEMATIC_PLAIN),
			     text_equal(schematic.text, "customization: {}\n"), "%s",
			     forms[i].name);
	}
}

static const struct {
	const char *name, *text, *id, *path, *says;
} faults[] = {
	{ "an unknown key", "customisation: {}", "unknown-key", "s.customisation",
	  "customization" },
	{ "an unknown key below", "customization:\n  extraKernelArg: [x]", "unknown-key",
	  "s.customization.extraKernelArg", "extraKernelArgs" },
	{ "an unknown key of the bare form", "{bootloader: grub, metta: []}", "unknown-key",
	  "s.metta", "meta" },
	{ "a key of META that is too large", "customization: {meta: [{key: 256, value: x}]}",
	  "out-of-range", "s.customization.meta[0].key", NULL },
	{ "META without a key", "customization: {meta: [{value: x}]}", "missing-key",
	  "s.customization.meta[0].key", NULL },
	{ "an unknown bootloader", "customization: {bootloader: grob}", "bad-choice",
	  "s.customization.bootloader", "grub" },
	{ "a text instead of a list", "customization: {extraKernelArgs: quiet}", "wrong-type",
	  "s.customization.extraKernelArgs", NULL },
	{ "a list", "[a]", "wrong-type", "s", NULL },
};

Test(schematic, faults)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct schematic schematic;
		struct findings findings;

		findings_init(&findings, arena);
		cr_assert_lt(schematic_read(arena, value_of(arena, faults[i].text), "s", &schematic,
					    &findings),
			     0, "%s", faults[i].name);
		cr_assert_eq(findings.len, 1, "%s", faults[i].name);
		cr_assert_str_eq(findings.at[0].id, faults[i].id, "%s", faults[i].name);
		cr_assert_str_eq(findings.at[0].path, faults[i].path, "%s", faults[i].name);
		if (faults[i].says)
			cr_assert_not_null(strstr(findings.at[0].hint, faults[i].says), "%s",
					   findings.at[0].hint);
	}
}

static const char both[] =
	"schematic_id: " SCHEMATIC_PLAIN "\n"
	"schematic:\n"
	"  customization: {systemExtensions: {officialExtensions: [siderolabs/drbd, "
	"siderolabs/zfs]}}\n";

static void site_with(struct arena *arena, struct site *site, const char *id)
{
	site_init(site);
	site->node.raw = value_of(arena, both);
	site->node.schematic = value_get(site->node.raw, "schematic");
	site->node.schematic_path = "nodes[0].schematic";
	site->node.schematic_id = id;
	site->cluster.talos = "v1.13.9";
}

Test(schematic, makes_the_image_of_a_node)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct explanation found;
	struct config config;
	struct site site;
	struct err err = ERR_INIT;

	site_with(arena, &site, NULL);
	cr_assert_eq(render_node(arena, &site.input, &site.node, &config, &err), 0, "%s", err.text);
	cr_assert_str_eq(site_text(arena, &config, "v1alpha1", "machine.install.image"),
			 "factory.talos.dev/installer/" ZFS ":v1.13.9");
	cr_assert_eq(render_explain(arena, &site.input, &site.node, "machine.install.image", &found,
				    &err),
		     0, "%s", err.text);
	cr_assert_eq(found.len, 1);
	cr_assert_str_eq(found.at[0].src.file, "nodes.yaml");
	cr_assert_eq(found.at[0].src.line, 3);
}

/* From 1.14 on the platform is part of the image's name, and without a schematic it is the plain
 * one. */
Test(schematic, image_of_every_release)
{
	static const struct {
		const char *talos, *id;
		bool secureboot;
		const char *image;
	} rows[] = {
		{ "v1.13.9", NULL, false, "ghcr.io/siderolabs/installer:v1.13.9" },
		{ "v1.13.9", NULL, true,
		  "factory.talos.dev/installer-secureboot/" SCHEMATIC_PLAIN ":v1.13.9" },
		{ "v1.13.9", ZFS, false, "factory.talos.dev/installer/" ZFS ":v1.13.9" },
		{ "v1.13.9", ZFS, true, "factory.talos.dev/installer-secureboot/" ZFS ":v1.13.9" },
		{ "v1.14.0", NULL, false,
		  "factory.talos.dev/metal-installer/" SCHEMATIC_PLAIN ":v1.14.0" },
		{ "v1.14.0", NULL, true,
		  "factory.talos.dev/metal-installer-secureboot/" SCHEMATIC_PLAIN ":v1.14.0" },
		{ "v1.14.0", ZFS, false, "factory.talos.dev/metal-installer/" ZFS ":v1.14.0" },
		{ "v1.14.0", ZFS, true,
		  "factory.talos.dev/metal-installer-secureboot/" ZFS ":v1.14.0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct config config;
		struct site site;
		struct err err = ERR_INIT;

		site_init(&site);
		site.cluster.talos = rows[i].talos;
		site.cluster.contract = "v1.13";
		site.node.schematic_id = rows[i].id;
		site.node.secureboot = rows[i].secureboot;
		cr_assert_eq(render_node(arena, &site.input, &site.node, &config, &err), 0, "%s",
			     err.text);
		const char *image =
			site_text(arena, &config, "v1alpha1", "machine.install.image");
		cr_assert_str_eq(image, rows[i].image);
		cr_assert_not(installer_is_dead(image), "%s", image);
	}
}

Test(schematic, must_agree_with_the_id_beside_it)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct findings findings;
	struct config config;
	struct site site;
	struct err err = ERR_INIT;

	findings_init(&findings, arena);
	site_with(arena, &site, ZFS);
	cr_assert_eq(schematic_check(&findings, &site.cluster, &site.node), 0);
	site.node.schematic_id = SCHEMATIC_PLAIN;
	cr_assert_lt(schematic_check(&findings, &site.cluster, &site.node), 0);
	cr_assert_lt(schematic_check(&findings, &site.cluster, &site.node), 0);
	cr_assert_eq(findings.len, 1, "told once");
	cr_assert_str_eq(findings.at[0].id, "schematic-twice");
	cr_assert_eq(findings.at[0].src.line, 1);
	cr_assert_not_null(strstr(findings.at[0].text, "nodes.yaml:3:3"), "%s",
			   findings.at[0].text);
	cr_assert_not_null(strstr(findings.at[0].text, ZFS));
	cr_assert_lt(render_node(arena, &site.input, &site.node, &config, &err), 0);
	cr_assert_eq(err.kind, ERR_INPUT);
}

Test(schematic, knows_the_installer_that_is_dead)
{
	static const struct {
		const char *image;
		bool dead;
	} rows[] = {
		{ "ghcr.io/siderolabs/installer:v1.14.0", true },
		{ "ghcr.io/siderolabs/installer:1.14", true },
		{ "ghcr.io/siderolabs/installer:v1.14.0-rc.1", true },
		{ "ghcr.io/siderolabs/installer:v1.15.2", true },
		{ "ghcr.io/siderolabs/installer:v2.0.0", true },
		{ "ghcr.io/siderolabs/installer:v1.14.0@sha256:" ZFS, true },
		{ "ghcr.io/siderolabs/installer:v1.13.9", false },
		{ "ghcr.io/siderolabs/installer:v1.13.9@sha256:" ZFS, false },
		{ "ghcr.io/siderolabs/installer@sha256:" ZFS, false },
		{ "ghcr.io/siderolabs/installer", false },
		{ "mirror.example/ghcr.io/siderolabs/installer:v1.14.0", false },
		{ "ghcr.io/siderolabs/installer-base:v1.14.0", false },
		{ "factory.talos.dev/metal-installer/" ZFS ":v1.14.0", false },
		{ "", false },
		{ NULL, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(installer_is_dead(rows[i].image), rows[i].dead, "%s", rows[i].image);
}

Test(schematic, urls)
{
	static const struct {
		bool secureboot;
		const char *name, *url;
	} rows[] = {
		{ false, "iso", "https://factory.talos.dev/image/I/v1.13.9/metal-arm64.iso" },
		{ false, "kernel", "https://factory.talos.dev/image/I/v1.13.9/kernel-arm64" },
		{ false, "cmdline",
		  "https://factory.talos.dev/image/I/v1.13.9/cmdline-metal-arm64" },
		{ false, "installer", "factory.talos.dev/metal-installer/I:v1.13.9" },
		{ false, "pxe", "https://pxe.talos.dev/pxe/I/v1.13.9/metal-arm64" },
		{ true, "disk",
		  "https://factory.talos.dev/image/I/v1.13.9/metal-arm64-secureboot.raw.zst" },
		{ true, "kernel", NULL },
		{ true, "uki",
		  "https://factory.talos.dev/image/I/v1.13.9/metal-arm64-secureboot-uki.efi" },
		{ true, "installer", "factory.talos.dev/metal-installer-secureboot/I:v1.13.9" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct schematic_target target = { "I", "v1.13.9", "metal", "arm64",
							 rows[i].secureboot };
		struct schematic_urls urls;
		const char *url = NULL;

		schematic_urls(arena, &target, &urls);
		for (size_t u = 0; u < urls.len; u++)
			if (strcmp(urls.at[u].name, rows[i].name) == 0)
				url = urls.at[u].url;
		cr_assert(text_equal(url, rows[i].url), "%s: %s", rows[i].name, url ? url : "none");
	}
}
