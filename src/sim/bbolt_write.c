#include "sim/bbolt_write.h"

#include "base/arena.h"

#include <endian.h>
#include <string.h>

struct item { /* of a leaf, or of a branch: then it has a page and no value */
	struct bbolt_entry entry;
	unsigned flags;
	uint64_t page;
};

struct writer {
	struct arena *arena;
	struct str *out;
	uint64_t next; /* page */
};

static void put16(struct str *out, unsigned value)
{
	uint16_t raw = htole16((uint16_t)value);

	str_addn(out, &raw, sizeof(raw));
}

static void put32(struct str *out, size_t value)
{
	uint32_t raw = htole32((uint32_t)value);

	str_addn(out, &raw, sizeof(raw));
}

static void put64(struct str *out, uint64_t value)
{
	uint64_t raw = htole64(value);

	str_addn(out, &raw, sizeof(raw));
}

static void put_header(struct str *out, uint64_t id, enum bbolt_kind kind, size_t count,
		       size_t more)
{
	put64(out, id);
	put16(out, kind);
	put16(out, (unsigned)count);
	put32(out, more);
}

static size_t size_of(const struct item *item)
{
	return BBOLT_ELEMENT + item->entry.key_len + item->entry.value_len;
}

/* `at`: from the element itself to its key. */
static void put_element(struct str *out, enum bbolt_kind kind, const struct item *item, size_t at)
{
	if (kind == BBOLT_BRANCH) {
		put32(out, at);
		put32(out, item->entry.key_len);
		put64(out, item->page);
		return;
	}
	put32(out, item->flags);
	put32(out, at);
	put32(out, item->entry.key_len);
	put32(out, item->entry.value_len);
}

/* One page, and those that follow on when an entry is larger than that. */
static uint64_t write_page(struct writer *writer, enum bbolt_kind kind, const struct item *item,
			   size_t count)
{
	size_t size = BBOLT_PAGE_HEADER, before = 0;
	uint64_t id = writer->next;

	for (size_t i = 0; i < count; i++)
		size += size_of(&item[i]);

	size_t pages = (size + BBOLT_PAGE - 1) / BBOLT_PAGE;
	put_header(writer->out, id, kind, count, pages - 1);
	for (size_t i = 0; i < count; i++) {
		put_element(writer->out, kind, &item[i], (count - i) * BBOLT_ELEMENT + before);
		before += size_of(&item[i]) - BBOLT_ELEMENT;
	}
	for (size_t i = 0; i < count; i++) {
		str_addn(writer->out, item[i].entry.key, item[i].entry.key_len);
		str_addn(writer->out, item[i].entry.value, item[i].entry.value_len);
	}
	str_pad(writer->out, '\0', pages * BBOLT_PAGE - size);
	writer->next += pages;
	return id;
}

/* How many of them one page takes: one leaf's or two branches at least. */
static size_t fitting(enum bbolt_kind kind, const struct item *item, size_t count)
{
	size_t least = kind == BBOLT_BRANCH ? 2 : 1, size = BBOLT_PAGE_HEADER, fits = 0;

	while (fits < count) {
		size += size_of(&item[fits]);
		if (size > BBOLT_PAGE && fits >= least)
			break;
		fits++;
	}
	return fits;
}

/* The page of the root. */
static uint64_t write_tree(struct writer *writer, const struct item *item, size_t count)
{
	enum bbolt_kind kind = BBOLT_LEAF;

	for (;;) {
		struct item *above = arena_calloc(writer->arena, count + 1, sizeof(*above));
		size_t pages = 0, done = 0;

		do {
			size_t fits = fitting(kind, item + done, count - done);

			above[pages].page = write_page(writer, kind, item + done, fits);
			if (fits) {
				above[pages].entry.key = item[done].entry.key;
				above[pages].entry.key_len = item[done].entry.key_len;
			}
			pages++;
			done += fits;
		} while (done < count);
		if (pages == 1)
			return above[0].page;
		item = above;
		count = pages;
		kind = BBOLT_BRANCH;
	}
}

static uint64_t write_bucket(struct writer *writer, const struct bbolt_bucket *bucket)
{
	struct item *item = arena_calloc(writer->arena, bucket->entries + 1, sizeof(*item));

	for (size_t i = 0; i < bucket->entries; i++)
		item[i].entry = bucket->entry[i];
	return write_tree(writer, item, bucket->entries);
}

/* The root page of a bucket, and the number its own ids would count from. */
static const void *bucket_value(struct writer *writer, uint64_t root)
{
	uint64_t *value = arena_calloc(writer->arena, 2, sizeof(*value));

	value[0] = htole64(root);
	return value;
}

static void put_meta(struct str *out, uint64_t number, uint64_t root, uint64_t pages)
{
	size_t start = out->len;

	/* bbolt writes the pages in turn, so their transactions differ */
	put_header(out, number, BBOLT_META_PAGE, 0, 0);
	put32(out, BBOLT_MAGIC);
	put32(out, BBOLT_VERSION);
	put32(out, BBOLT_PAGE);
	put32(out, 0);
	put64(out, root);
	put64(out, 0);
	put64(out, BBOLT_NO_FREELIST);
	put64(out, pages);
	put64(out, 2 + number);
	put64(out, bbolt_checksum(out->at + start + BBOLT_PAGE_HEADER));
	str_pad(out, '\0', BBOLT_PAGE - (out->len - start));
}

void bbolt_write(const struct bbolt_bucket *bucket, size_t buckets, struct str *out)
{
	struct arena *arena OWNED(arena_free) = arena_new("bbolt file");
	struct str pages SCOPED(str_done) = STR_INIT(out->max);
	struct writer writer = { arena, &pages, 2 };
	struct item *root = arena_calloc(arena, buckets + 1, sizeof(*root));

	for (size_t i = 0; i < buckets; i++) {
		root[i] = (struct item){
			.entry = { bucket[i].name,
				   bucket_value(&writer, write_bucket(&writer, &bucket[i])),
				   strlen(bucket[i].name), 2 * sizeof(uint64_t) },
			.flags = BBOLT_IS_BUCKET,
		};
	}

	uint64_t top = write_tree(&writer, root, buckets);
	put_meta(out, 0, top, writer.next);
	put_meta(out, 1, top, writer.next);
	str_addn(out, pages.at, pages.len);
	out->full = out->full || pages.full;
}
