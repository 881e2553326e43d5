#include "ops/installer.h"

#include "base/own.h"

#include <criterion/criterion.h>

#define S1 "1111111111111111111111111111111111111111111111111111111111111111"
#define S2 "2222222222222222222222222222222222222222222222222222222222222222"
#define FACTORY "factory.talos.dev/"
#define GENERIC "ghcr.io/siderolabs/installer"

/* clang-format off */
static const struct {
	const char *name;
	struct installer_facts facts;
	const char *version;
	const char *image; /* NULL: refused */
	const char *says;  /* the refusal, or the change */
} rows[] = {
	{ "the same repository, a new tag", { .image = FACTORY "metal-installer/" S1 ":v1.11.0",
	  .schematic = S1 }, "v1.12.0", FACTORY "metal-installer/" S1 ":v1.12.0", NULL },
	{ "the flavour stays", { .image = FACTORY "metal-installer-secureboot/" S1 ":v1.11.0",
	  .schematic = S1, .secureboot = true }, "1.12.0", FACTORY "metal-installer-secureboot/"
	  S1 ":v1.12.0", NULL },
	{ "an old flavour stays", { .image = FACTORY "installer/" S1 ":v1.9.0", .schematic = S1 },
	  "v1.10.0", FACTORY "installer/" S1 ":v1.10.0", NULL },
	{ "a mirror with a port stays", { .image = "registry:5000/x/installer/" S1 ":v1.11.0",
	  .schematic = S1 }, "v1.12.0", "registry:5000/x/installer/" S1 ":v1.12.0", NULL },
	{ "a port and no tag", { .image = "registry:5000/x/installer" }, "v1.12.0",
	  "registry:5000/x/installer:v1.12.0", NULL },
	{ "a digest does not stay", { .image = FACTORY "metal-installer/" S1
	  ":v1.11.0@sha256:abc", .schematic = S1 }, "v1.12.0", FACTORY "metal-installer/" S1
	  ":v1.12.0", NULL },
	{ "the workspace changes the schematic", { .image = FACTORY "metal-installer/" S1
	  ":v1.11.0", .schematic = S1, .want_schematic = S2 }, "v1.12.0", FACTORY
	  "metal-installer/" S2 ":v1.12.0", "a changes from schematic 11111111 to 22222222" },
	{ "generic, with a schematic, on metal", { .image = GENERIC ":v1.11.0", .schematic = S1,
	  .platform = "metal" }, "v1.12.0", FACTORY "metal-installer/" S1 ":v1.12.0", NULL },
	{ "generic, with Secure Boot", { .image = GENERIC ":v1.11.0", .schematic = S1, .platform =
	  "metal", .secureboot = true }, "v1.12.0", FACTORY "metal-installer-secureboot/" S1
	  ":v1.12.0", NULL },
	{ "generic, at a cloud", { .image = GENERIC ":v1.11.0", .schematic = S1, .platform =
	  "hcloud" }, "v1.12.0", FACTORY "hcloud-installer/" S1 ":v1.12.0", NULL },
	{ "generic, at one that is called otherwise", { .image = GENERIC ":v1.11.0", .schematic =
	  S1, .platform = "equinixMetal" }, "v1.12.0", FACTORY "installer/" S1 ":v1.12.0", NULL },
	{ "generic, in a container", { .image = GENERIC ":v1.11.0", .schematic = S1, .platform =
	  "container" }, "v1.12.0", NULL,
	  "a: no installer is known for the platform \"container\"" },
	{ "generic, nowhere known", { .image = GENERIC ":v1.11.0", .schematic = S1 }, "v1.12.0",
	  NULL, "a: no installer is known for the platform \"\"" },
	{ "generic and plain", { .image = GENERIC ":v1.11.0" }, "v1.12.0", GENERIC ":v1.12.0",
	  NULL },
	{ "generic and plain, where no such image is published any more", { .image = GENERIC
	  ":v1.13.9", .platform = "metal" }, "v1.14.0", FACTORY "metal-installer/"
	  SCHEMATIC_VANILLA ":v1.14.0", NULL },
	{ "generic with extensions of unknown origin", { .image = GENERIC ":v1.11.0", .extensions
	  = 2 }, "v1.12.0", NULL, "a: an upgrade with " GENERIC
	  ":v1.11.0 would lose its extensions" },
	{ "a mirror of it", { .image = "x.example/siderolabs/installer:v1.11.0", .extensions = 2
	  }, "v1.12.0", NULL,
	  "a: an upgrade with x.example/siderolabs/installer:v1.11.0 would lose its extensions" },
	{ "an own image and a schematic", { .image = "x.example/own:v1.11.0", .schematic = S1 },
	  "v1.12.0", NULL, "a: an upgrade with x.example/own:v1.11.0 would lose its schematic" },
	{ "an own image and the plain schematic", { .image = "x.example/own:v1.11.0", .schematic =
	  SCHEMATIC_VANILLA }, "v1.12.0", "x.example/own:v1.12.0", NULL },
	{ "a base of its own", { .image = GENERIC ":v1.11.0", .schematic = S1, .want_base =
	  FACTORY "metal-installer/" }, "v1.12.0", FACTORY "metal-installer/" S1 ":v1.12.0", NULL
	  },
	{ "a base and a schematic of its own", { .image = GENERIC ":v1.11.0", .schematic = S1,
	  .want_base = FACTORY "metal-installer", .want_schematic = S2 }, "v1.12.0", FACTORY
	  "metal-installer/" S2 ":v1.12.0", "a changes from schematic 11111111 to 22222222" },
	{ "a base without schematic", { .image = GENERIC ":v1.11.0", .want_base = FACTORY
	  "metal-installer" }, "v1.12.0", NULL,
	  "a: its factory-url needs a schematic, and it has none" },
	{ "Secure Boot that the image would drop", { .image = FACTORY "metal-installer/" S1
	  ":v1.11.0", .schematic = S1, .secureboot = true }, "v1.12.0", NULL,
	  "a booted with Secure Boot, and " FACTORY "metal-installer is an image without it" },
	{ "Secure Boot that the workspace denies", { .image = FACTORY
	  "metal-installer-secureboot/" S1 ":v1.11.0", .schematic = S1, .secureboot = true,
	  .says_secureboot = true }, "v1.12.0", NULL,
	  "a booted with Secure Boot, the workspace says without" },
	{ "no image", { .image = "" }, "v1.12.0", NULL,
	  "a: the install image of its config: \"\" is no image" },
	{ "half an image", { .image = "x.example/:v1" }, "v1.12.0", NULL,
	  "a: the install image of its config: \"x.example/:v1\" is no image" },
};
/* clang-format on */

Test(installer, the_image_of_a_node_for_a_version)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct installer_facts facts = rows[i].facts;
		struct installer_choice choice;
		struct err err = ERR_INIT;

		facts.name = "a";
		int r = installer_image(arena, &facts, rows[i].version, &choice, &err);

		cr_assert_eq(r, rows[i].image ? 0 : -1, "%s: %s", rows[i].name, err.text);
		if (!rows[i].image) {
			cr_assert_str_eq(err.text, rows[i].says, "%s", rows[i].name);
			continue;
		}
		cr_assert_str_eq(choice.image, rows[i].image, "%s", rows[i].name);
		cr_assert_eq(choice.change == NULL, rows[i].says == NULL, "%s", rows[i].name);
		if (rows[i].says)
			cr_assert_str_eq(choice.change, rows[i].says, "%s", rows[i].name);
	}
}

static const struct {
	const char *text, *repository, *tag, *digest;
} names[] = {
	{ "a/b:v1", "a/b", "v1", NULL },
	{ "a:5000/b", "a:5000/b", NULL, NULL },
	{ "a:5000/b:v1@sha256:00", "a:5000/b", "v1", "sha256:00" },
	{ "a/b@sha256:00", "a/b", NULL, "sha256:00" },
	{ "busybox", "busybox", NULL, NULL },
};

Test(installer, image_names)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct image_name name;

		cr_assert_eq(image_name_parse(arena, names[i].text, &name, NULL), 0);
		cr_assert_str_eq(name.repository, names[i].repository);
		cr_assert_str_eq(name.tag ? name.tag : "", names[i].tag ? names[i].tag : "");
		cr_assert_str_eq(name.digest ? name.digest : "",
				 names[i].digest ? names[i].digest : "");
	}
}
