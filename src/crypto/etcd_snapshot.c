#include "crypto/etcd_snapshot.h"

#include "base/bbolt.h"
#include "base/map.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512	 /* every page's size is a multiple: what is behind it is the hash */
#define REVISION_SIZE 17 /* bytes: main 8, '_', sub 8; a mark behind it when the key is deleted */
#define NAMES_MAX 1000

/* ---- the hash -------------------------------------------------------------------------------- */

void snapshot_hash_init(struct snapshot_hash *hash)
{
	*hash = (struct snapshot_hash){ .digest = digest_new() };
}

void snapshot_hash_done(struct snapshot_hash *hash)
{
	digest_free(hash->digest);
	hash->digest = NULL;
}

/* The last bytes seen may be the hash: they are held back until others follow. */
void snapshot_hash_add(struct snapshot_hash *hash, const void *data, size_t len)
{
	const unsigned char *at = data;
	size_t ready = hash->held + len > SHA256_SIZE ? hash->held + len - SHA256_SIZE : 0;
	size_t old = ready < hash->held ? ready : hash->held;
	size_t fresh = ready - old;

	hash->size += len;
	digest_add(hash->digest, hash->tail, old);
	memmove(hash->tail, hash->tail + old, hash->held - old);
	hash->held -= old;
	if (fresh)
		digest_add(hash->digest, at, fresh);
	if (len > fresh)
		memcpy(hash->tail + hash->held, at + fresh, len - fresh);
	hash->held += len - fresh;
}

bool snapshot_hash_end(struct snapshot_hash *hash)
{
	unsigned char sum[SHA256_SIZE];

	digest_end(hash->digest, sum);
	return hash->held == SHA256_SIZE && hash->size > SHA256_SIZE &&
	       memcmp(sum, hash->tail, SHA256_SIZE) == 0;
}

static enum snapshot_hash_state check_hash(const unsigned char *data, size_t len)
{
	unsigned char sum[SHA256_SIZE];

	if (len % SECTOR != SHA256_SIZE)
		return SNAPSHOT_HASH_NONE;
	sha256(data, len - SHA256_SIZE, sum);
	return memcmp(sum, data + len - SHA256_SIZE, SHA256_SIZE) ? SNAPSHOT_HASH_WRONG
								  : SNAPSHOT_HASH_OK;
}

/* ---- what is in it --------------------------------------------------------------------------- */

struct reading {
	struct arena *arena;
	struct arena *work; /* what nobody needs afterwards */
	struct etcd_snapshot *out;
	struct map *live; /* keys: not NULL while they live */
	const char **names;
	size_t name_count;
};

static uint64_t get64(const unsigned char *at)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | at[i];
	return value;
}

static bool get_varint(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
		unsigned char byte = *(*at)++;

		*out |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* The key is the first field of the message that is kept; "" when it has none. */
static const char *key_of(struct arena *arena, const struct bbolt_entry *entry)
{
	const unsigned char *at = entry->value, *end = at + entry->value_len;
	uint64_t tag, len;

	if (!get_varint(&at, end, &tag) || tag != (1 << 3 | 2) || !get_varint(&at, end, &len) ||
	    len > (uint64_t)(end - at))
		return "";
	/* keys may hold any byte, and the map takes text */
	return base64_encode(arena, at, (size_t)len);
}

static int take_revision(void *context, const struct bbolt_entry *entry, struct err *err)
{
	struct reading *reading = context;
	const unsigned char *key = entry->key;
	bool deleted = entry->key_len == REVISION_SIZE + 1 && key[REVISION_SIZE] == 't';

	if ((entry->key_len != REVISION_SIZE && !deleted) || key[8] != '_')
		return err_set(err, ERR_INPUT, "entry %llu has no revision",
			       (unsigned long long)reading->out->writes);
	if (get64(key) > reading->out->revision)
		reading->out->revision = get64(key);
	reading->out->writes++;
	map_put(reading->live, key_of(reading->work, entry), deleted ? NULL : reading);
	return 0;
}

/* {"id":...,"name":"cp-1",...}: the tree module's reader is above this one. */
static int take_member(void *context, const struct bbolt_entry *entry, struct err *err)
{
	struct reading *reading = context;
	static const char before[] = "\"name\":\"";
	const char *text = entry->value, *end = text + entry->value_len;
	const char *name = memmem(text, entry->value_len, before, sizeof(before) - 1);

	(void)err;
	reading->out->member_count++;
	if (!name || reading->name_count == NAMES_MAX)
		return 0;
	name += sizeof(before) - 1;

	const char *quote = memchr(name, '"', (size_t)(end - name));
	if (quote && quote > name)
		reading->names[reading->name_count++] =
			arena_strn(reading->arena, name, (size_t)(quote - name));
	return 0;
}

static int take_meta(void *context, const struct bbolt_entry *entry, struct err *err)
{
	struct reading *reading = context;
	static const char index[] = "consistent_index", term[] = "term";

	(void)err;
	if (entry->value_len != 8)
		return 0;
	if (entry->key_len == sizeof(index) - 1 && !memcmp(entry->key, index, entry->key_len))
		reading->out->index = get64(entry->value);
	if (entry->key_len == sizeof(term) - 1 && !memcmp(entry->key, term, entry->key_len))
		reading->out->term = get64(entry->value);
	return 0;
}

static int read_buckets(struct reading *reading, const struct bbolt *db, struct err *err)
{
	int r = bbolt_walk(db, "key", take_revision, reading, err);

	if (r < 0)
		return -1;
	if (r == BBOLT_NO_BUCKET)
		return err_set(err, ERR_INPUT, "a bbolt file, but not one of etcd");
	if (bbolt_walk(db, "members", take_member, reading, err) < 0 ||
	    bbolt_walk(db, "meta", take_meta, reading, err) < 0)
		return -1;
	for (size_t i = 0; i < map_len(reading->live); i++)
		reading->out->keys += map_at(reading->live, i) != NULL;
	return 0;
}

int etcd_snapshot_read(struct arena *arena, const void *data, size_t len,
		       struct etcd_snapshot *out, struct err *err)
{
	struct arena *work OWNED(arena_free) = arena_new("snapshot");
	struct reading reading = {
		.arena = arena,
		.work = work,
		.out = out,
		.live = map_new(work),
		.names = arena_calloc(arena, NAMES_MAX + 1, sizeof(char *)),
	};
	struct bbolt db;

	*out = (struct etcd_snapshot){ .size = len, .members = reading.names };
	out->hash = check_hash(data, len);
	if (out->hash != SNAPSHOT_HASH_NONE)
		len -= SHA256_SIZE;
	if (bbolt_open(&db, data, len, err) < 0 || read_buckets(&reading, &db, err) < 0)
		return -1;
	return 0;
}

static int map_file(int fd, void **data, size_t *len, struct err *err)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return err_sys(err, errno, "read its size");
	if (!S_ISREG(info.st_mode) || info.st_size <= 0)
		return err_set(err, ERR_INPUT, "no file with something in it");
	*len = (size_t)info.st_size;
	*data = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
	return *data == MAP_FAILED ? err_sys(err, errno, "map it") : 0;
}

int etcd_snapshot_file(struct arena *arena, const char *path, struct etcd_snapshot *out,
		       struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data = NULL;
	size_t len = 0;

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "%s: no such file", path);
	if (fd < 0)
		return err_sys(err, errno, "%s", path);

	int r = map_file(fd, &data, &len, err);
	close(fd);
	if (r < 0)
		return err_wrap(err, "%s", path);
	r = etcd_snapshot_read(arena, data, len, out, err);
	munmap(data, len);
	return r < 0 ? err_wrap(err, "%s", path) : 0;
}
