#include "render/repeats.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"
#include "render/schema.h"

#define DEPTH_MAX 4

struct set {
	const char *kind;
	const char *path;
	const char *key[DEPTH_MAX]; /* the parts of the path; NULL behind the last */
};

static const struct set sets[] = {
	{ SCHEMA_MAIN, "machine.certSANs", { "machine", "certSANs" } },
	{ SCHEMA_MAIN, "machine.network.nameservers", { "machine", "network", "nameservers" } },
	{ SCHEMA_MAIN, "machine.time.servers", { "machine", "time", "servers" } },
	{ SCHEMA_MAIN,
	  "machine.kubelet.nodeIP.validSubnets",
	  { "machine", "kubelet", "nodeIP", "validSubnets" } },
	{ SCHEMA_MAIN, "cluster.apiServer.certSANs", { "cluster", "apiServer", "certSANs" } },
	{ SCHEMA_MAIN,
	  "cluster.etcd.advertisedSubnets",
	  { "cluster", "etcd", "advertisedSubnets" } },
	{ "ResolverConfig", "nameservers", { "nameservers" } },
	{ "TimeSyncConfig", "ntp.servers", { "ntp", "servers" } },
	{ "KubeNodeConfig", "nodeIP.validSubnets", { "nodeIP", "validSubnets" } },
	{ "KubeAPIServerConfig", "certExtraSANs", { "certExtraSANs" } },
};

static bool is_before(const struct value *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (value_equal(value_at(list, i), value_at(list, index)))
			return true;
	return false;
}

/* NULL: nothing is there twice. */
static const struct value *once(struct arena *arena, const struct value *list)
{
	struct list_builder *kept = list_begin(arena);
	size_t dropped = 0;

	list_src(kept, value_src(list));
	for (size_t i = 0; i < value_len(list); i++) {
		if (is_before(list, i))
			dropped++;
		else
			list_add(kept, value_at(list, i));
	}
	return dropped ? list_end(kept) : NULL;
}

static const struct value *with_list(struct arena *arena, const struct value *map,
				     const char *path, const struct value *list)
{
	struct draft draft = { .arena = arena, .root = map };

	draft_put(&draft, path, list);
	return draft.root;
}

static void drop_in(struct arena *arena, struct document *document, const struct set *set)
{
	const struct value *list = document->value, *kept;

	for (size_t i = 0; i < DEPTH_MAX && set->key[i]; i++)
		list = value_get(list, set->key[i]);
	kept = value_is_list(list) && value_len(list) > 1 ? once(arena, list) : NULL;
	if (!kept)
		return;

	document->value = with_list(arena, document->value, set->path, kept);
	if (document->loaded)
		document->loaded = with_list(arena, document->loaded, set->path, kept);
}

void config_drop_repeats(struct arena *arena, struct config *config)
{
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		for (size_t k = 0; k < config->len; k++)
			if (text_equal(config->at[k].kind, sets[i].kind))
				drop_in(arena, &config->at[k], &sets[i]);
}
