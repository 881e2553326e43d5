#include "base/bbolt.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define PAGE_MIN 1024
#define PAGE_MAX ((size_t)64 << 10)
#define DEPTH_MAX 40 /* two entries a branch page would make a tree larger than any disk */
#define BUCKET_SIZE 16

/* What a page and those that follow on hold, or what is written into a bucket's own entry. */
struct span {
	const unsigned char *at;
	size_t len;
};

struct walk {
	const struct bbolt *db;
	bbolt_entry_fn *each;
	void *context;
	uint64_t visits;
	struct span last; /* the key before */
	unsigned flags;	  /* of the element that `each` is told of */
};

static unsigned get16(const unsigned char *at)
{
	uint16_t raw;

	memcpy(&raw, at, sizeof(raw));
	return le16toh(raw);
}

static uint32_t get32(const unsigned char *at)
{
	uint32_t raw;

	memcpy(&raw, at, sizeof(raw));
	return le32toh(raw);
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t raw;

	memcpy(&raw, at, sizeof(raw));
	return le64toh(raw);
}

/* FNV-1a, 64 bits. */
uint64_t bbolt_checksum(const void *meta)
{
	const unsigned char *at = meta;
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < BBOLT_META - sizeof(uint64_t); i++)
		sum = (sum ^ at[i]) * UINT64_C(0x100000001b3);
	return sum;
}

/* ---- meta pages ------------------------------------------------------------------------------ */

static bool is_page_size(size_t size)
{
	return size >= PAGE_MIN && size <= PAGE_MAX && (size & (size - 1)) == 0;
}

/* One meta page, whole and of a file that can be read. */
static bool read_meta(const unsigned char *data, size_t len, size_t offset, struct bbolt *out)
{
	if (offset > len || len - offset < BBOLT_PAGE_HEADER + BBOLT_META)
		return false;

	const unsigned char *meta = data + offset + BBOLT_PAGE_HEADER;

	if (get16(data + offset + 8) != BBOLT_META_PAGE || get32(meta) != BBOLT_MAGIC ||
	    get32(meta + 4) != BBOLT_VERSION || get64(meta + 56) != bbolt_checksum(meta) ||
	    !is_page_size(get32(meta + 8)))
		return false;
	*out = (struct bbolt){
		.at = data,
		.len = len,
		.page = get32(meta + 8),
		.root = get64(meta + 16),
		.pages = get64(meta + 40),
		.write = get64(meta + 48),
	};
	return true;
}

int bbolt_open(struct bbolt *db, const void *data, size_t len, struct err *err)
{
	struct bbolt second;
	bool found = read_meta(data, len, 0, db);
	size_t size = found ? db->page : PAGE_MIN;

	/* the first one may be torn: then the size of a page is for the second to tell */
	for (; size <= (found ? db->page : PAGE_MAX); size *= 2) {
		if (!read_meta(data, len, size, &second) || second.page != size)
			continue;
		if (!found || second.write > db->write)
			*db = second;
		found = true;
		break;
	}
	if (!found)
		return err_set(err, ERR_INPUT, "not a bbolt file, or both its heads are damaged");
	if (db->pages > len / db->page)
		return err_set(err, ERR_INPUT, "cut short: %zu of %llu pages are there",
			       len / db->page, (unsigned long long)db->pages);
	return 0;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static int walk_page(struct walk *walk, uint64_t id, unsigned depth, struct err *err);

static int damaged(const struct walk *walk, const struct span *page, struct err *err)
{
	return err_set(err, ERR_INPUT, "damaged at byte %zu", (size_t)(page->at - walk->db->at));
}

static int open_page(struct walk *walk, uint64_t id, struct span *out, struct err *err)
{
	const struct bbolt *db = walk->db;

	if (id < 2 || id >= db->pages)
		return err_set(err, ERR_INPUT, "damaged: it names a page that is not there");
	if (++walk->visits > db->pages)
		return err_set(err, ERR_INPUT, "damaged: a page is named twice");

	const unsigned char *at = db->at + id * db->page;
	uint64_t more = get32(at + 12);

	*out = (struct span){ at, db->page };
	if (get64(at) != id || more >= db->pages - id)
		return damaged(walk, out, err);
	out->len = (size_t)(more + 1) * db->page;
	return 0;
}

/* `at` and `len` bytes of the element that begins at `offset`; they must lie in the page. */
static bool part_of(const struct span *page, size_t offset, uint64_t at, uint64_t len,
		    struct span *out)
{
	size_t left = page->len - offset;

	if (at > left || len > left - at)
		return false;
	*out = (struct span){ page->at + offset + at, (size_t)len };
	return true;
}

static bool is_rising(const struct span *last, const struct span *key)
{
	size_t len = last->len < key->len ? last->len : key->len;
	int order = last->at && len ? memcmp(last->at, key->at, len) : 0;

	return !last->at || order < 0 || (order == 0 && last->len < key->len);
}

static int walk_leaf(struct walk *walk, const struct span *page, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t offset = BBOLT_PAGE_HEADER + i * BBOLT_ELEMENT;
		const unsigned char *element = page->at + offset;
		uint64_t at = get32(element + 4), key_len = get32(element + 8);
		struct span key, value;

		if (!part_of(page, offset, at, key_len, &key) ||
		    !part_of(page, offset, at + key_len, get32(element + 12), &value) ||
		    !is_rising(&walk->last, &key))
			return damaged(walk, page, err);
		walk->last = key;
		walk->flags = get32(element);

		const struct bbolt_entry entry = { key.at, value.at, key.len, value.len };
		int r = walk->each(walk->context, &entry, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int walk_branch(struct walk *walk, const struct span *page, size_t count, unsigned depth,
		       struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t offset = BBOLT_PAGE_HEADER + i * BBOLT_ELEMENT;
		int r = walk_page(walk, get64(page->at + offset + 8), depth + 1, err);

		if (r != 0)
			return r;
	}
	return 0;
}

static int walk_span(struct walk *walk, const struct span *page, unsigned depth, struct err *err)
{
	unsigned kind = get16(page->at + 8);
	size_t count = get16(page->at + 10);

	if (count > (page->len - BBOLT_PAGE_HEADER) / BBOLT_ELEMENT)
		return damaged(walk, page, err);
	if (kind == BBOLT_LEAF)
		return walk_leaf(walk, page, count, err);
	if (kind == BBOLT_BRANCH && depth < DEPTH_MAX)
		return walk_branch(walk, page, count, depth, err);
	return damaged(walk, page, err);
}

static int walk_page(struct walk *walk, uint64_t id, unsigned depth, struct err *err)
{
	struct span page;

	if (open_page(walk, id, &page, err) < 0)
		return -1;
	return walk_span(walk, &page, depth, err);
}

/* ---- buckets --------------------------------------------------------------------------------- */

struct search {
	struct walk walk;
	const char *name;
	struct span bucket; /* its entry */
};

static int find_bucket(void *context, const struct bbolt_entry *entry, struct err *err)
{
	struct search *search = context;

	(void)err;
	if (!(search->walk.flags & BBOLT_IS_BUCKET) || entry->key_len != strlen(search->name) ||
	    memcmp(entry->key, search->name, entry->key_len) != 0)
		return 0;
	search->bucket = (struct span){ entry->value, entry->value_len };
	return 1;
}

/* A bucket of few entries lies within its own entry, as a page that is no page. */
int bbolt_walk(const struct bbolt *db, const char *bucket, bbolt_entry_fn *each, void *context,
	       struct err *err)
{
	struct search search = { .walk = { .db = db, .each = find_bucket }, .name = bucket };
	struct walk walk = { .db = db, .each = each, .context = context };

	search.walk.context = &search;
	int r = walk_page(&search.walk, db->root, 0, err);
	if (r < 0)
		return err_wrap(err, "look for the bucket %s", bucket);
	if (r == 0)
		return BBOLT_NO_BUCKET;
	if (search.bucket.len < BUCKET_SIZE)
		return err_set(err, ERR_INPUT, "the bucket %s is damaged", bucket);

	uint64_t root = get64(search.bucket.at);
	struct span within = { search.bucket.at + BUCKET_SIZE, search.bucket.len - BUCKET_SIZE };

	if (root == 0 && within.len < BBOLT_PAGE_HEADER)
		return err_set(err, ERR_INPUT, "the bucket %s is damaged", bucket);
	r = root ? walk_page(&walk, root, 0, err) : walk_span(&walk, &within, DEPTH_MAX, err);
	return r < 0 ? err_wrap(err, "read the bucket %s", bucket) : r;
}
