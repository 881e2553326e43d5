#include "sim/sim_snapshot.h"

#include "crypto/digest.h"
#include "sim/bbolt_write.h"
#include "sim/world_impl.h"

#include <string.h>

#define HISTORY 400 /* writes since the last compaction */
#define KEYS_MAX 4000

/* What a cluster creates before its first node. */
static const char *const first_keys[] = {
	"/registry/namespaces/default",
	"/registry/namespaces/kube-node-lease",
	"/registry/namespaces/kube-public",
	"/registry/namespaces/kube-system",
	"/registry/priorityclasses/system-cluster-critical",
	"/registry/priorityclasses/system-node-critical",
	"/registry/services/specs/default/kubernetes",
};

struct content {
	struct arena *arena;
	const struct sim_node *node;
	struct sim_progress progress;
	const char **key;    /* in the order they were created */
	size_t keys, leases; /* leases: the last ones, which are renewed */
	struct bbolt_entry *entry;
	size_t entries;
};

/* ---- entries --------------------------------------------------------------------------------- */

static const void *big_endian(struct arena *arena, uint64_t value)
{
	unsigned char *out = arena_alloc(arena, 8);

	for (size_t i = 0; i < 8; i++)
		out[i] = (unsigned char)(value >> (56 - 8 * i));
	return out;
}

static struct bbolt_entry text_entry(const char *key, const char *value)
{
	return (struct bbolt_entry){ key, value, strlen(key), strlen(value) };
}

static struct bbolt_entry number_entry(struct arena *arena, const char *key, uint64_t value)
{
	return (struct bbolt_entry){ key, big_endian(arena, value), strlen(key), 8 };
}

static void put_varint(struct str *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		str_addc(out, (char)(value | 0x80));
	str_addc(out, (char)value);
}

static void put_number(struct str *out, unsigned field, uint64_t value)
{
	put_varint(out, field << 3);
	put_varint(out, value);
}

static void put_bytes(struct str *out, unsigned field, const char *text)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, strlen(text));
	str_add(out, text);
}

/* ---- the bucket of keys ---------------------------------------------------------------------- */

static void add_key(struct content *content, const char *key)
{
	if (content->keys < KEYS_MAX)
		content->key[content->keys++] = key;
}

/* The nodes that are in this cluster's Kubernetes. */
static void list_keys(struct content *content)
{
	struct arena *arena = content->arena;
	const struct world *world = content->node->world;
	size_t before;

	content->key = arena_calloc(arena, KEYS_MAX, sizeof(*content->key));
	for (size_t i = 0; i < ARRAY_LEN(first_keys); i++)
		add_key(content, first_keys[i]);
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (node->kube.registered)
			add_key(content,
				arena_printf(arena, "/registry/minions/%s", node->hostname));
	}
	before = content->keys;
	add_key(content, "/registry/leases/kube-system/kube-scheduler");
	for (size_t i = 0; i < world->nodes; i++) {
		const struct sim_node *node = world->node[i];

		if (node->kube.registered)
			add_key(content, arena_printf(arena, "/registry/leases/kube-node-lease/%s",
						      node->hostname));
	}
	content->leases = content->keys - before;
}

static void add_write(struct content *content, uint64_t revision, size_t key, uint64_t version)
{
	struct arena *arena = content->arena;
	struct str value SCOPED(str_done) = STR_INIT(4096);
	char *id = arena_alloc(arena, 17);

	memcpy(id, big_endian(arena, revision), 8);
	id[8] = '_';
	put_bytes(&value, 1, content->key[key]);
	put_number(&value, 2, key + 2);
	put_number(&value, 3, revision);
	put_number(&value, 4, version);
	put_bytes(&value, 5,
		  arena_printf(arena, "{\"written\":%llu}", (unsigned long long)revision));
	content->entry[content->entries++] =
		(struct bbolt_entry){ id, arena_dup(arena, value.at, value.len), 17, value.len };
}

/* The first write has the revision 2. Each key is created, then the leases are renewed in turn. */
static struct bbolt_bucket key_bucket(struct content *content)
{
	uint64_t last = content->progress.revision;
	uint64_t first = last > HISTORY ? last - HISTORY : 0;

	list_keys(content);

	uint64_t renewals = content->keys + 2;
	content->entry = arena_calloc(content->arena, content->keys + HISTORY + 2,
				      sizeof(*content->entry));
	for (size_t i = 0; i < content->keys && i + 2 <= last; i++)
		add_write(content, i + 2, i, 1);
	for (uint64_t at = first > renewals ? first : renewals; at <= last; at++) {
		size_t lease = (size_t)((at - renewals) % content->leases);

		add_write(content, at, content->keys - content->leases + lease,
			  2 + (at - renewals) / content->leases);
	}
	return (struct bbolt_bucket){ "key", content->entry, content->entries };
}

/* ---- the other buckets ----------------------------------------------------------------------- */

static const char *url(struct arena *arena, const struct sim_node *node, unsigned port)
{
	const char *address = node_address(node);
	bool six = strchr(address, ':') != NULL;

	return arena_printf(arena, "https://%s%s%s:%u", six ? "[" : "", address, six ? "]" : "",
			    port);
}

static struct bbolt_entry member_entry(struct arena *arena, const struct sim_member *member)
{
	const char *clients = *member->name ? arena_printf(arena, ",\"clientURLs\":[\"%s\"]",
							   url(arena, member->node, 2379))
					    : "";
	const char *name =
		*member->name ? arena_printf(arena, ",\"name\":\"%s\"", member->name) : "";

	return text_entry(
		arena_printf(arena, "%llx", (unsigned long long)member->id),
		arena_printf(arena, "{\"id\":%llu,\"peerURLs\":[\"%s\"]%s%s%s}",
			     (unsigned long long)member->id, url(arena, member->node, 2380),
			     member->learner ? ",\"isLearner\":true" : "", name, clients));
}

static int by_key(const struct bbolt_entry *a, const struct bbolt_entry *b)
{
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order = memcmp(a->key, b->key, len);

	return order ? order : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* Their ids are hexadecimal without zeros in front: by text they rise otherwise than by number. */
static struct bbolt_bucket member_bucket(struct content *content)
{
	struct arena *arena = content->arena;
	const struct world *world = content->node->world;
	struct sim_member *members = arena_calloc(arena, world->nodes, sizeof(*members));
	size_t count = etcd_members(world, content->node->etcd.cluster, members, world->nodes);
	struct bbolt_entry *entry = arena_calloc(arena, count + 1, sizeof(*entry));

	for (size_t i = 0; i < count; i++) {
		struct bbolt_entry one = member_entry(arena, &members[i]);
		size_t at = i;

		for (; at > 0 && by_key(&one, &entry[at - 1]) < 0; at--)
			entry[at] = entry[at - 1];
		entry[at] = one;
	}
	return (struct bbolt_bucket){ "members", entry, count };
}

/* The state of raft in JSON, as etcd keeps it: who votes and who learns. */
static const char *raft_state(struct content *content)
{
	const struct world *world = content->node->world;
	struct sim_member *members =
		arena_calloc(content->arena, world->nodes, sizeof(*members));
	size_t count = etcd_members(world, content->node->etcd.cluster, members, world->nodes);
	struct str voters SCOPED(str_done) = STR_INIT(1 << 20);
	struct str learners SCOPED(str_done) = STR_INIT(1 << 20);

	for (size_t i = 0; i < count; i++) {
		struct str *list = members[i].learner ? &learners : &voters;

		str_addf(list, "%s%llu", list->len ? "," : "", (unsigned long long)members[i].id);
	}
	return arena_printf(content->arena, "{\"voters\":[%s],%s%s%s\"auto_leave\":false}",
			    str_text(&voters), learners.len ? "\"learners\":[" : "",
			    str_text(&learners), learners.len ? "]," : "");
}

static struct bbolt_bucket meta_bucket(struct content *content)
{
	struct arena *arena = content->arena;
	const struct bbolt_entry entries[] = {
		text_entry("confState", raft_state(content)),
		number_entry(arena, "consistent_index", content->progress.applied),
		text_entry("storageVersion", "3.6.0"),
		number_entry(arena, "term", content->progress.term),
	};

	return (struct bbolt_bucket){ "meta", arena_dup(arena, entries, sizeof(entries)),
				      ARRAY_LEN(entries) };
}

void snapshot_write(const struct sim_node *node, struct str *out)
{
	struct arena *arena OWNED(arena_free) = arena_new("simulated snapshot");
	struct content content = { arena, node, etcd_progress(node), NULL, 0, 0, NULL, 0 };
	const struct bbolt_entry version = text_entry("clusterVersion", "3.6.0");
	const struct bbolt_bucket buckets[] = {
		{ "alarm", NULL, 0 },
		{ "auth", NULL, 0 },
		{ "authRoles", NULL, 0 },
		{ "authUsers", NULL, 0 },
		{ "cluster", &version, 1 },
		key_bucket(&content),
		{ "lease", NULL, 0 },
		member_bucket(&content),
		{ "members_removed", NULL, 0 },
		meta_bucket(&content),
	};
	unsigned char sum[SHA256_SIZE];

	bbolt_write(buckets, ARRAY_LEN(buckets), out);
	sha256(out->at, out->len, sum);
	str_addn(out, sum, sizeof(sum));
}
