/* ContainerConfig: containers that Talos runs itself. */
#include "base/own.h"
#include "base/text.h"
#include "render/sizes.h"
#include "render/url.h"
#include "render/validate_documents.h"

#include <ctype.h>
#include <string.h>

#define NAME_LEN_MAX 63
#define REPOSITORY_MIN 2
#define REPOSITORY_MAX 255
#define TAG_MAX 128
#define DIGEST_LEN 64
#define LOWER_ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool has_only(const char *text, const char *letters, size_t min, size_t max)
{
	size_t len = strlen(text);

	return len >= min && len <= max && strspn(text, letters) == len;
}

/* registry/path; a first part without point and colon that is not localhost is of the path. */
static bool is_repository(struct arena *arena, const char *text)
{
	size_t first = strcspn(text, "/");
	const char *registry = arena_strn(arena, text, first);
	struct url url;

	if (text[first] && (strpbrk(registry, ".:") || !strcmp(registry, "localhost"))) {
		text += first + 1;
		if (!url_parse(arena, arena_printf(arena, "//%s", registry), &url) ||
		    strcmp(url.host, registry) != 0)
			return false;
	}
	return has_only(text, LOWER_ALNUM "_-./", REPOSITORY_MIN, REPOSITORY_MAX);
}

static bool is_tagged(struct arena *arena, const char *text)
{
	const char *colon = strrchr(text, ':');

	if (!colon || strchr(colon, '/'))
		return is_repository(arena, text);
	return has_only(colon + 1, LOWER_ALNUM "_-." UPPER, 1, TAG_MAX) &&
	       is_repository(arena, arena_strn(arena, text, (size_t)(colon - text)));
}

static bool is_pinned(struct arena *arena, const char *text)
{
	const char *at = strchr(text, '@');
	static const char prefix[] = "@sha256:";

	if (!at || !text_starts(at, prefix))
		return false;
	const char *base = arena_strn(arena, text, (size_t)(at - text));
	return has_only(at + strlen(prefix), "0123456789abcdef", DIGEST_LEN, DIGEST_LEN) &&
	       is_tagged(arena, base);
}

static void check_image(struct validation *v, const struct spot *container)
{
	const char *image = spot_text(container, "image");

	if (!want_text(v, container, "image", "container-image", "the container needs an image") ||
	    is_pinned(v->arena, image))
		return;
	if (is_tagged(v->arena, image))
		warn(v, container, "image", "container-image-digest",
		     "%s has no digest: what runs may change whenever it starts", image);
	else
		complain(v, container, "image", "container-image", "%s is no image", image);
}

static void check_name(struct validation *v, const struct spot *container)
{
	const char *name = spot_text(container, "name");

	if (want_name(v, container) && !has_only(name, LOWER_ALNUM "-", 1, NAME_LEN_MAX))
		complain(v, container, "name", "container-name",
			 "a name has up to %d small letters, digits and -", NAME_LEN_MAX);
}

/* The entries may be secrets, so they are not shown. */
static void check_environment(struct validation *v, const struct spot *container)
{
	struct spot list = spot_at(container, "environment");

	for (size_t i = 0; i < value_len(list.value); i++) {
		struct spot entry = spot_item(&list, i);

		if (!strchr(spot_text(&entry, NULL), '='))
			complain(v, &entry, NULL, "container-environment",
				 "a variable has the form NAME=value");
	}
}

static bool want_path(struct validation *v, const struct spot *spot, const char *field)
{
	const char *path = spot_text(spot, field);

	if (*path == '/')
		return true;
	if (*path)
		complain(v, spot, field, "container-path", "%s does not begin with /", path);
	else
		complain(v, spot, field, "container-path", "the path is missing");
	return false;
}

static bool check_options(struct validation *v, const struct spot *mount)
{
	static const char *const known[] = { "ro", "rw", "noexec", "nosuid", "nodev", "noatime",
					     "rbind", "rshared" };
	struct spot options = spot_at(mount, "options");
	bool all = true, seen[ARRAY_LEN(known)] = { false };

	for (size_t i = 0; i < value_len(options.value); i++) {
		struct spot option = spot_item(&options, i);
		const char *text = spot_text(&option, NULL);
		size_t at = 0;

		while (at < ARRAY_LEN(known) && !text_equal(text, known[at]))
			at++;
		if (at < ARRAY_LEN(known)) {
			seen[at] = true;
			continue;
		}
		complain(v, &option, NULL, "container-mount-option",
			 "there is no mount option \"%s\"", text);
		all = false;
	}
	if (!seen[0] || !seen[1])
		return all;
	complain(v, &options, NULL, "container-mount-option", "ro and rw exclude each other");
	return false;
}

/* The destination of a mount that is right; NULL after complaints. */
static const char *check_mount(struct validation *v, const struct spot *mount)
{
	static const char *const kinds[] = { "userVolume", "tmpfs", "hostPath" };
	const char *kind = NULL;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!spot_has(mount, kinds[i]))
			continue;
		kind = kinds[i];
		count++;
	}
	if (count != 1) {
		complain(v, mount, NULL, "container-mount",
			 "a mount is one of userVolume, tmpfs and hostPath");
		return NULL;
	}

	struct spot spot = spot_at(mount, kind);
	bool right = true;
	if (!strcmp(kind, "userVolume"))
		right = want_text(v, &spot, "name", "container-mount",
				  "the mount needs the name of the volume");
	if (!strcmp(kind, "hostPath"))
		right = want_path(v, &spot, "source");
	right = want_path(v, &spot, "destination") && right;
	right = check_options(v, &spot) && right;
	return right ? spot_text(&spot, "destination") : NULL;
}

static void check_mounts(struct validation *v, const struct spot *container)
{
	struct spot mounts = spot_at(container, "mounts");
	size_t count = value_len(mounts.value);
	const char **paths = arena_calloc(v->arena, count + 1, sizeof(*paths));

	for (size_t i = 0; i < count; i++) {
		struct spot mount = spot_item(&mounts, i);

		paths[i] = check_mount(v, &mount);
		for (size_t k = 0; paths[i] && k < i; k++) {
			if (!text_equal(paths[i], paths[k]))
				continue;
			complain(v, &mount, NULL, "container-mount-twice",
				 "something is mounted at %s already", paths[i]);
			break;
		}
	}
}

static void check_capability(struct validation *v, const struct spot *spot, bool add)
{
	const char *name = spot_text(spot, NULL);

	if (!strcmp(name, "ALL") && add) {
		complain(v, spot, NULL, "container-capability", "ALL cannot be added");
		advise(v, "profile: privileged gives all of them");
	} else if (!*name) {
		complain(v, spot, NULL, "container-capability", "the name is empty");
	} else if (text_starts(name, "CAP_")) {
		complain(v, spot, NULL, "container-capability", "%s is written %s here", name,
			 name + strlen("CAP_"));
	} else if (name[strspn(name, UPPER "_")]) {
		complain(v, spot, NULL, "container-capability",
			 "%s is no capability: capital letters and _", name);
	}
}

static void check_capabilities(struct validation *v, const struct spot *security)
{
	struct spot add = spot_at(security, "capabilities.add");
	struct spot drop = spot_at(security, "capabilities.drop");

	for (size_t i = 0; i < value_len(add.value); i++) {
		struct spot entry = spot_item(&add, i);

		check_capability(v, &entry, true);
	}
	for (size_t i = 0; i < value_len(drop.value); i++) {
		struct spot entry = spot_item(&drop, i);

		check_capability(v, &entry, false);
	}
	for (size_t i = 0; i < value_len(add.value); i++) {
		struct spot entry = spot_item(&add, i);
		const char *name = spot_text(&entry, NULL);

		for (size_t k = 0; k < value_len(drop.value); k++) {
			if (!text_equal(name, value_text(value_at(drop.value, k))))
				continue;
			complain(v, &entry, NULL, "container-capability",
				 "%s is both added and dropped", name);
			break;
		}
	}
}

/* One of two words, or none. */
static void check_word(struct validation *v, const struct spot *container, const char *field,
		       const char *const words[2])
{
	const char *text = spot_text(container, field);

	if (*text && !text_equal(text, words[0]) && !text_equal(text, words[1]))
		complain(v, container, field, "container-word", "%s is %s or %s, not %s", field,
			 words[0], words[1], text);
}

static void check_security(struct validation *v, const struct spot *container)
{
	static const char *const profiles[2] = { "restricted", "privileged" };
	struct spot security = spot_at(container, "security");

	check_word(v, container, "security.profile", profiles);
	check_capabilities(v, &security);
}

static void check_limits(struct validation *v, const struct spot *container)
{
	struct spot limits = spot_at(container, "resources.limits");
	const char *memory = spot_text(&limits, "memory"), *cpu = spot_text(&limits, "cpu");
	size_t digits = strspn(cpu, "0123456789");
	uint64_t number;

	if (*memory && !size_parse(memory, &number))
		complain(v, &limits, "memory", "container-limit", "%s is no size", memory);
	if (!*cpu)
		return;
	if (!digits || strcmp(cpu + digits, "m") != 0 ||
	    !text_u64(arena_strn(v->arena, cpu, digits), &number)) {
		complain(v, &limits, "cpu", "container-limit", "%s is no number of millicores",
			 cpu);
		advise(v, "one and a half CPUs are 1500m");
	} else if (!number) {
		complain(v, &limits, "cpu", "container-limit", "the limit must be more than 0m");
	}
}

static void check_networks(struct validation *v, const struct spot *depends)
{
	static const char *const known[] = { "addresses", "connectivity", "hostname", "etcfiles" };
	struct spot networks = spot_at(depends, "networks");

	for (size_t i = 0; i < value_len(networks.value); i++) {
		struct spot entry = spot_item(&networks, i);
		bool found = false;

		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			found = found || text_equal(spot_text(&entry, NULL), known[k]);
		if (found)
			continue;
		complain(v, &entry, NULL, "container-depends",
			 "a container cannot wait for the network's \"%s\"",
			 spot_text(&entry, NULL));
		advise(v, "it can for addresses, connectivity, hostname and etcfiles");
	}
}

static void check_depends(struct validation *v, const struct spot *container)
{
	struct spot depends = spot_at(container, "dependsOn");
	struct spot paths = spot_at(&depends, "paths");
	struct spot others = spot_at(&depends, "containers");

	for (size_t i = 0; i < value_len(paths.value); i++) {
		struct spot path = spot_item(&paths, i);

		want_path(v, &path, NULL);
	}
	check_networks(v, &depends);
	for (size_t i = 0; i < value_len(others.value); i++) {
		struct spot other = spot_item(&others, i);

		if (want_text(v, &other, NULL, "container-depends", "the name is empty") &&
		    text_equal(spot_text(&other, NULL), spot_text(container, "name")))
			complain(v, &other, NULL, "container-depends",
				 "a container cannot wait for itself");
	}
}

static void check_user(struct validation *v, const struct spot *container)
{
	static const char *const ids[] = { "runAs.uid", "runAs.gid" };
	int64_t number;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		if (spot_i64(container, ids[i], &number) && number < 0)
			complain(v, container, ids[i], "container-user",
				 "%s must not be negative", ids[i]);
	}
}

static void check_container(struct validation *v, const struct spot *container)
{
	static const char *const modes[2] = { "none", "host" };

	check_name(v, container);
	check_image(v, container);
	check_environment(v, container);
	check_mounts(v, container);
	check_security(v, container);
	check_word(v, container, "network.mode", modes);
	check_limits(v, container);
	check_depends(v, container);
	check_user(v, container);
}

const struct document_check validate_container_checks[] = {
	{ "ContainerConfig", check_container },
	{ NULL, NULL },
};
