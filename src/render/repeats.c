#include "render/repeats.h"

#include "base/own.h"
#include "base/text.h"
#include "render/draft.h"
#include "render/schema.h"
#include "tree/path.h"

static const struct {
	const char *kind, *path;
} sets[] = {
	{ SCHEMA_MAIN, "machine.certSANs" },
	{ SCHEMA_MAIN, "machine.network.nameservers" },
	{ SCHEMA_MAIN, "machine.time.servers" },
	{ SCHEMA_MAIN, "machine.kubelet.nodeIP.validSubnets" },
	{ SCHEMA_MAIN, "cluster.apiServer.certSANs" },
	{ SCHEMA_MAIN, "cluster.etcd.advertisedSubnets" },
	{ "ResolverConfig", "nameservers" },
	{ "TimeSyncConfig", "ntp.servers" },
	{ "KubeNodeConfig", "nodeIP.validSubnets" },
	{ "KubeAPIServerConfig", "certExtraSANs" },
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

static void drop_in(struct arena *arena, struct document *document, const char *path)
{
	struct path parts;

	if (path_parse(arena, path, &parts, NULL) < 0)
		return;

	const struct value *list = path_get(document->value, &parts);
	const struct value *kept = value_is_list(list) ? once(arena, list) : NULL;
	struct draft draft = { .arena = arena, .root = document->value };

	if (!kept)
		return;
	draft_put(&draft, path, kept);
	document->value = draft.root;
	document->loaded = NULL;
}

void config_drop_repeats(struct arena *arena, struct config *config)
{
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		for (size_t k = 0; k < config->len; k++)
			if (text_equal(config->at[k].kind, sets[i].kind))
				drop_in(arena, &config->at[k], sets[i].path);
}
