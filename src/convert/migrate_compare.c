/* The proof: settings before and after, and what may differ because Talos 1.14 is not 1.13. */
#include "convert/migrate_parts.h"

#include "base/own.h"
#include "base/text.h"
#include "render/schema.h"

#include <string.h>

#define DOCUMENTS "documents."

/* clang-format off */
static const struct added {
	const char *kind, *path, *why;
} added[] = {
	{ "SecurityProfileConfig", "workloadIsolation",
	  "Talos 1.14 keeps workloads apart from what runs on the host" },
	{ "FilesystemTrimConfig", "interval", "Talos 1.14 trims file systems once a week" },
	{ "VolumeConfig", "mount.secure",
	  "Talos 1.14 mounts EPHEMERAL without device files and set-user-id programs" },
	{ "KubeAuthenticationConfig", "configuration.anonymous",
	  "the API server of 1.14 answers its health paths without a login" },
};

/* What documents do by being there. */
static const struct added implied[] = {
	{ "KubeServiceAccountConfig", "issuer.issuerURL",
	  "the issuer of tokens is said; it is the endpoint, as before" },
	{ "KubeAPIServerConfig", "startupProbes", "the API server has start-up probes" },
	{ "KubeEtcdEncryptionConfig", "config",
	  "secrets that were never encrypted cannot be read from etcd" },
};

/* Settings that the new form does not have because it is always so. */
static const struct {
	const char *path, *value, *why;
} always[] = {
	{ "machine.kubelet.disableManifestsDirectory", "true",
	  "Talos 1.14 has no folder of static pods" },
	{ "machine.install.grubUseUKICmdline", "true",
	  "the kernel command line is the one of the image" },
	{ "machine.install.bootloader", "true", "the boot loader is always installed" },
	{ "machine.features.rbac", "true", "it cannot be turned off" },
	{ "machine.features.apidCheckExtKeyUsage", "true", "it cannot be turned off" },
	{ "cluster.apiServer.disablePodSecurityPolicy", "true",
	  "Kubernetes has no pod security policies any more" },
	{ "cluster.discovery.kubernetes", "true",
	  "the registry in Kubernetes has no document, and does not work since Kubernetes 1.32" },
};
/* clang-format on */

static const struct added *added_row(const char *kind, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(added); i++) {
		size_t len = strlen(added[i].path);

		if (text_equal(kind, added[i].kind) && text_starts(path, added[i].path) &&
		    (!path[len] || strchr(".[", path[len])))
			return &added[i];
	}
	return NULL;
}

bool migrate_is_added(const char *kind, const char *path)
{
	return added_row(kind, path) != NULL;
}

struct difference {
	const char *path;
	struct src src;
	size_t count;
};

static void note(struct comparing *c, const char *path, const char *why)
{
	struct migration *out = c->out;

	for (size_t i = 0; i < out->added_count; i++)
		if (text_equal(out->added[i].path, path))
			return;
	out->added = arena_grow(c->keep, out->added, out->added_count, &c->added_cap,
				sizeof(*out->added));
	out->added[out->added_count++] =
		(struct migrate_default){ arena_str(c->keep, path), why };
}

/* "documents.VolumeConfig.EPHEMERAL.mount.secure": the kind, and the field behind the name. */
static const struct added *default_row(struct arena *arena, const char *path)
{
	const char *kind, *field;
	const struct schema_kind *schema;

	if (!text_starts(path, DOCUMENTS))
		return NULL;
	field = path + strlen(DOCUMENTS);
	kind = arena_strn(arena, field, strcspn(field, ".["));
	field += strlen(kind);
	schema = schema_kind_find(kind, RELEASE_1_14);
	if (schema && schema->named && *field)
		field += 1 + strcspn(field + 1, ".");
	return added_row(kind, *field ? field + 1 : field);
}

static bool same(const struct value *a, const struct value *b)
{
	return text_equal(value_text(a), value_text(b));
}

static void differ(struct difference *difference, const char *path, const struct value *value)
{
	struct src src = value_src(value);

	/* What was added is in no file that the user knows. */
	if (src.file && text_ends(src.file, MIGRATE_ADDED))
		src = (struct src){ NULL, 0, 0 };
	difference->count++;
	if (difference->path && (difference->src.file || !src.file))
		return;
	difference->path = path;
	difference->src = src;
}

static bool is_always(struct comparing *c, const char *path, const struct value *value)
{
	for (size_t i = 0; i < ARRAY_LEN(always); i++) {
		if (!text_equal(path, always[i].path) ||
		    !text_equal(value_text(value), always[i].value))
			continue;
		note(c, path, always[i].why);
		return true;
	}
	return false;
}

/* What nobody asked for: only what the release itself generates, with the value it generates. */
static bool is_default(struct comparing *c, const struct settings *generated, const char *path,
		       const struct value *value)
{
	const struct added *row = default_row(c->arena, path);

	if (!row || !same(settings_get(generated, path), value))
		return false;
	note(c, arena_printf(c->arena, "%s.%s", row->kind, row->path), row->why);
	return true;
}

static bool is_expression(struct comparing *c, const struct settings_side *side, const char *path)
{
	if (side->node->disk.form != DISK_CEL || !text_equal(path, "machine.install.match"))
		return false;
	note(c, path, "the expression of the disk is in the config itself");
	return true;
}

static void note_implied(struct comparing *c, const struct config *before,
			 const struct config *after)
{
	for (size_t i = 0; i < ARRAY_LEN(implied); i++)
		if (config_find(after, implied[i].kind, NULL) &&
		    !config_find(before, implied[i].kind, NULL))
			note(c, arena_printf(c->arena, "%s.%s", implied[i].kind, implied[i].path),
			     implied[i].why);
}

/* Links that have no address at all ask, too. */
static bool asks_dhcp(const struct settings *settings)
{
	bool addressed = false;

	for (size_t i = 0; i < map_len(settings->at); i++) {
		const char *path = map_key_at(settings->at, i);

		if (!text_starts(path, "links["))
			continue;
		if (strstr(path, "].dhcp4"))
			return true;
		addressed = addressed || strstr(path, ".addresses");
	}
	return !addressed;
}

static bool says_domains(const struct config *config, const struct settings *settings)
{
	const struct document *resolver = config_find(config, "ResolverConfig", NULL);

	for (size_t i = 0; i < map_len(settings->at); i++)
		if (text_starts(map_key_at(settings->at, i), "machine.network.searchDomains"))
			return true;
	return resolver && value_get(value_get(resolver->value, "searchDomains"), "domains");
}

/* Nothing of the config says it, and nothing that is always right could: an empty list would keep
 * away the domain of the host's own name as well. */
static void note_domains(struct comparing *c, const struct settings_side *before,
			 const struct settings_side *after, const struct settings *settings)
{
	if (before->config->release < RELEASE_1_14 && asks_dhcp(settings) &&
	    !says_domains(after->config, settings))
		note(c, "ResolverConfig.searchDomains.domains",
		     "Talos 1.14 takes the search domains of DHCP; an empty list keeps them away");
}

static int refuse(const struct difference *difference, const struct settings_side *side,
		  struct err *err)
{
	if (difference->count > 1)
		err_set(err, ERR_REFUSED, "%s of %s and %zu more would not be what they were",
			difference->path, side->node->name, difference->count - 1);
	else
		err_set(err, ERR_REFUSED, "%s of %s would not be what it was", difference->path,
			side->node->name);
	if (difference->src.file)
		err_at(err, difference->src.file, difference->src.line, difference->src.column);
	err_hint(err, "nothing was written: this setting has to be migrated by hand");
	return -1;
}

int settings_compare(struct comparing *c, const struct settings_side *before,
		     const struct settings_side *after, struct err *err)
{
	struct settings_side base = { after->cluster, after->node, c->generated };
	struct settings old, new, generated;
	struct difference difference = { .path = NULL };

	settings_read(c->arena, before, &old);
	settings_read(c->arena, after, &new);
	settings_read(c->arena, &base, &generated);
	for (size_t i = 0; i < map_len(old.at); i++) {
		const char *path = map_key_at(old.at, i);
		const struct value *value = map_at(old.at, i), *now = settings_get(&new, path);

		if (!same(value, now) && (now || !is_always(c, path, value)))
			differ(&difference, path, value_src(value).file || !now ? value : now);
	}
	for (size_t i = 0; i < map_len(new.at); i++) {
		const char *path = map_key_at(new.at, i);
		const struct value *value = map_at(new.at, i);

		if (!settings_get(&old, path) && !is_expression(c, before, path) &&
		    !is_default(c, &generated, path, value))
			differ(&difference, path, value);
	}
	note_implied(c, before->config, after->config);
	note_domains(c, before, after, &new);
	c->out->settings += map_len(old.at);
	return difference.path ? refuse(&difference, before, err) : 0;
}
