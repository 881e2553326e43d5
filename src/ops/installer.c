#include "ops/installer.h"

#include "base/own.h"
#include "base/text.h"
#include "cluster/version.h"
#include "tree/yaml.h"

#include <string.h>

#define FACTORY "factory.talos.dev"
#define SCHEMATIC_LEN 64

/* Platforms whose name is also that of their installer at the image factory. */
static const char *const platforms[] = {
	"akamai",
	"aws",
	"azure",
	"cloudstack",
	"digital-ocean",
	"exoscale",
	"gcp",
	"hcloud",
	"metal",
	"nocloud",
	"opennebula",
	"openstack",
	"oracle",
	"scaleway",
	"upcloud",
	"vmware",
	"vultr",
};

/* The colon before the tag; one before the last slash belongs to a port. */
static const char *tag_colon(const char *text, const char *end)
{
	for (const char *c = end; c > text && c[-1] != '/'; c--)
		if (c[-1] == ':')
			return c - 1;
	return NULL;
}

static bool is_image_name(const char *text, const struct image_name *name)
{
	return name->repository[0] && !text_ends(name->repository, "/") &&
	       (!name->tag || name->tag[0]) && (!name->digest || name->digest[0]) &&
	       !strpbrk(text, " \t\n");
}

int image_name_parse(struct arena *arena, const char *text, struct image_name *out,
		     struct err *err)
{
	const char *at = strchr(text, '@'), *end = at ? at : text + strlen(text);
	const char *colon = tag_colon(text, end);
	struct image_name name = {
		.repository = arena_strn(arena, text, (size_t)((colon ? colon : end) - text)),
		.tag = colon ? arena_strn(arena, colon + 1, (size_t)(end - colon - 1)) : NULL,
		.digest = at ? arena_str(arena, at + 1) : NULL,
	};

	if (!is_image_name(text, &name))
		return err_set(err, ERR_INPUT, "\"%.120s\" is no image", text);
	*out = name;
	return 0;
}

static bool is_schematic(const char *text)
{
	return strlen(text) == SCHEMATIC_LEN && strspn(text, "0123456789abcdef") == SCHEMATIC_LEN;
}

static bool is_platform(const char *text)
{
	for (size_t i = 0; text && i < ARRAY_LEN(platforms); i++)
		if (strcmp(platforms[i], text) == 0)
			return true;
	return false;
}

/* What is at the end of the repository: the schematic and, before it, the flavour. */
static const char *repository_schematic(const char *repository)
{
	const char *slash = strrchr(repository, '/');

	return slash && is_schematic(slash + 1) ? slash + 1 : NULL;
}

const char *image_schematic(struct arena *arena, const char *image)
{
	struct image_name name;
	const char *schematic = NULL;

	if (image_name_parse(arena, image, &name, NULL) == 0)
		schematic = repository_schematic(name.repository);
	return schematic ? schematic : "";
}

bool schematic_same(const char *a, const char *b)
{
	a = a && *a ? a : SCHEMATIC_VANILLA;
	b = b && *b ? b : SCHEMATIC_VANILLA;
	return strcmp(a, b) == 0;
}

/* Since 1.14 a document of its own may say it. */
static const struct value *install_of(const struct value *document)
{
	if (text_equal(value_get_text(document, "kind"), "UnattendedInstallConfig"))
		return value_get(document, "installer");
	return value_get(value_get(document, "machine"), "install");
}

const char *installer_of_documents(const struct yaml_documents *documents)
{
	for (size_t i = 0; i < documents->len; i++) {
		const char *image = value_get_text(install_of(documents->at[i]), "image");

		if (image && *image)
			return image;
	}
	return NULL;
}

static const char *without_schematic(struct arena *arena, const char *repository)
{
	const char *schematic = repository_schematic(repository);

	if (!schematic)
		return repository;
	return arena_strn(arena, repository, (size_t)(schematic - repository - 1));
}

static bool differ(const char *a, const char *b)
{
	return !text_equal(a ? a : SCHEMATIC_VANILLA, b ? b : SCHEMATIC_VANILLA);
}

static int loses(const struct installer_facts *facts, const char *what, struct err *err)
{
	err_set(err, ERR_REFUSED, "%s: an upgrade with %s would lose %s", facts->name, facts->image,
		what);
	return err_hint(err, "set schematic_id of the node to the schematic that it is to run");
}

/* The image factory's repository in front of a schematic, for a node with the generic image. */
static int factory_base(struct arena *arena, const struct installer_facts *facts,
			const char **base, struct err *err)
{
	bool secure = facts->says_secureboot ? facts->want_secureboot : facts->secureboot;
	const char *suffix = secure ? "-secureboot" : "";

	if (text_equal(facts->platform, "equinixMetal")) {
		*base = arena_printf(arena, FACTORY "/installer%s", suffix);
		return 0;
	}
	if (!is_platform(facts->platform))
		return err_set(err, ERR_REFUSED,
			       "%s: no installer is known for the platform \"%s\"", facts->name,
			       facts->platform ? facts->platform : "");
	*base = arena_printf(arena, FACTORY "/%s-installer%s", facts->platform, suffix);
	return 0;
}

static bool lacks_generic(const char *version)
{
	struct version parsed;

	return version_parse(version, &parsed) &&
	       version_minor_compare(&parsed, &(struct version){ .major = 1, .minor = 14 }) >= 0;
}

/* The image that every node had once: it holds no extensions, so a schematic needs another. */
static int choose_for_generic(struct arena *arena, const struct installer_facts *facts,
			      const char *version, const char **base, const char **schematic,
			      struct err *err)
{
	if (!*schematic && facts->extensions > 0)
		return loses(facts, "its extensions", err);
	if (!*schematic && lacks_generic(version))
		*schematic = SCHEMATIC_VANILLA;
	return *schematic ? factory_base(arena, facts, base, err) : 0;
}

/* An image of one's own, whose contents are not known here. */
static int choose_own(const struct installer_facts *facts, const char *repository,
		      const char **schematic, struct err *err)
{
	if (differ(*schematic, NULL))
		return loses(facts, "its schematic", err);
	if (facts->extensions > 0 && text_ends(repository, "/siderolabs/installer"))
		return loses(facts, "its extensions", err);
	*schematic = NULL;
	return 0;
}

/* The repository without a schematic, and the schematic, for what is known. */
static int choose(struct arena *arena, const struct installer_facts *facts, const char *version,
		  const char **base, const char **schematic, struct err *err)
{
	struct image_name name;
	const char *named;

	if (image_name_parse(arena, facts->image ? facts->image : "", &name, err) < 0)
		return err_wrap(err, "%s: the install image of its config", facts->name);
	named = repository_schematic(name.repository);
	*base = without_schematic(arena, name.repository);
	*schematic = facts->want_schematic ? facts->want_schematic : facts->schematic;
	if (!*schematic)
		*schematic = named;
	if (facts->want_base) {
		*base = arena_strn(arena, facts->want_base,
				   strlen(facts->want_base) - text_ends(facts->want_base, "/"));
		if (!*schematic)
			return err_set(err, ERR_REFUSED,
				       "%s: its factory-url needs a schematic, and it has none",
				       facts->name);
		return 0;
	}
	if (named)
		return 0;
	if (strcmp(name.repository, INSTALLER_GENERIC) == 0)
		return choose_for_generic(arena, facts, version, base, schematic, err);
	return choose_own(facts, name.repository, schematic, err);
}

static int keep_secureboot(const struct installer_facts *facts, const char *base, struct err *err)
{
	bool is = text_ends(base, "-secureboot");
	bool factory = text_ends(base, "installer") || is;

	if (facts->says_secureboot && facts->want_secureboot != facts->secureboot)
		return err_set(err, ERR_REFUSED, "%s booted %s Secure Boot, the workspace says %s",
			       facts->name, facts->secureboot ? "with" : "without",
			       facts->want_secureboot ? "with" : "without");
	if (factory && is != facts->secureboot)
		return err_set(err, ERR_REFUSED,
			       "%s booted %s Secure Boot, and %s is an image %s it", facts->name,
			       facts->secureboot ? "with" : "without", base,
			       is ? "with" : "without");
	return 0;
}

int installer_image(struct arena *arena, const struct installer_facts *facts, const char *version,
		    struct installer_choice *out, struct err *err)
{
	struct installer_choice choice = { .change = NULL };
	const char *base, *schematic;

	if (choose(arena, facts, version, &base, &schematic, err) < 0 ||
	    keep_secureboot(facts, base, err) < 0)
		return -1;
	version = *version == 'v' ? version + 1 : version;
	if (schematic && differ(schematic, facts->schematic))
		choice.change = arena_printf(arena, "%s changes from schematic %.8s to %.8s",
					     facts->name,
					     facts->schematic ? facts->schematic
							      : SCHEMATIC_VANILLA,
					     schematic);
	choice.image = schematic ? arena_printf(arena, "%s/%s:v%s", base, schematic, version)
				 : arena_printf(arena, "%s:v%s", base, version);
	*out = choice;
	return 0;
}
