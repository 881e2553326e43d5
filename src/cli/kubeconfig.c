#include "cli/kubeconfig.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/x509.h"
#include "tree/yaml.h"

#include <string.h>

static const struct value *entry(struct arena *arena, const char *name, const char *key,
				 const struct value *value)
{
	struct list_builder *list = list_begin(arena);
	struct map_builder *map = map_begin(arena);

	map_add(map, "name", value_str(arena, name));
	map_add(map, key, value);
	list_add(list, map_end(map));
	return list_end(list);
}

static const struct value *base64_value(struct arena *arena, const char *text)
{
	return value_str(arena, base64_encode(arena, text, strlen(text)));
}

static const struct value *cluster_value(struct arena *arena, const struct cluster *cluster,
					 const struct bundle *bundle,
					 const struct kubeconfig_place *place)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "server", value_str(arena, place ? place->server : cluster->endpoint));
	if (place)
		map_add(map, "tls-server-name", value_str(arena, place->name));
	map_add(map, "certificate-authority-data", base64_value(arena, bundle->kubernetes.cert));
	return map_end(map);
}

static const struct value *user_value(struct arena *arena, const struct identity *admin)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "client-certificate-data", base64_value(arena, admin->cert));
	map_add(map, "client-key-data", base64_value(arena, admin->key));
	return map_end(map);
}

static const struct value *context_value(struct arena *arena, const char *cluster, const char *user)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, "cluster", value_str(arena, cluster));
	map_add(map, "namespace", value_str(arena, "default"));
	map_add(map, "user", value_str(arena, user));
	return map_end(map);
}

int kubeconfig_text(struct str *out, const struct cluster *cluster, const struct bundle *bundle,
		    const struct kubeconfig_place *place, uint64_t now, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubeconfig");
	static const char *const groups[] = { "system:masters", NULL };
	const struct x509_request request = { .common_name = "admin",
					      .organizations = groups,
					      .usage = X509_CLIENT,
					      .now = now,
					      .lifetime = 365 * DAY };
	struct identity admin;

	if (x509_issue(arena, &bundle->kubernetes, &request, &admin, err) < 0)
		return err_wrap(err, "make a client certificate for Kubernetes");

	const char *user = arena_printf(arena, "admin@%s", cluster->name);
	const struct value *at = cluster_value(arena, cluster, bundle, place);
	struct map_builder *map = map_begin(arena);
	map_add(map, "apiVersion", value_str(arena, "v1"));
	map_add(map, "kind", value_str(arena, "Config"));
	map_add(map, "clusters", entry(arena, cluster->name, "cluster", at));
	map_add(map, "users", entry(arena, user, "user", user_value(arena, &admin)));
	map_add(map, "contexts",
		entry(arena, user, "context", context_value(arena, cluster->name, user)));
	map_add(map, "current-context", value_str(arena, user));
	yaml_write(out, map_end(map), &(struct yaml_style){ .indent = 2, .flat_lists = true });
	return 0;
}
