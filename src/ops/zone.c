#include "ops/zone.h"

#include "base/fs.h"
#include "base/text.h"
#include "ops/zone_rule.h"

#include <string.h>

#define DAY_SECONDS INT64_C(86400)
#define HEADER_LEN 44
#define FILE_MAX ((size_t)1 << 20)
#define NAME_MAX_LEN 64
#define RULE_MAX 128
#define OFFSET_MAX (26 * 3600) /* RFC 8536: -89999 to 93599; no clock is further away */

/* The six counts of a header, in the file's order. */
struct counts {
	uint32_t isut, isstd, leaps, changes, types, letters;
};

static uint32_t read_u32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t read_time(const unsigned char *at, size_t size)
{
	if (size == 4)
		return (int32_t)read_u32(at);
	return (int64_t)((uint64_t)read_u32(at) << 32 | read_u32(at + 4));
}

static bool read_header(const unsigned char *at, size_t len, struct counts *out)
{
	if (len < HEADER_LEN || memcmp(at, "TZif", 4) != 0)
		return false;
	*out = (struct counts){ read_u32(at + 20), read_u32(at + 24), read_u32(at + 28),
				read_u32(at + 32), read_u32(at + 36), read_u32(at + 40) };
	return true;
}

static size_t body_len(const struct counts *counts, size_t size)
{
	return (size_t)counts->changes * (size + 1) + (size_t)counts->types * 6 + counts->letters +
	       (size_t)counts->leaps * (size + 4) + counts->isstd + counts->isut;
}

static int broken(struct err *err)
{
	return err_set(err, ERR_INPUT, "the file is no time zone");
}

/* The block behind a header: changes, their types, the types. */
static int read_body(struct arena *arena, const unsigned char *at, const struct counts *counts,
		     size_t size, struct zone *out)
{
	const unsigned char *type_of = at + (size_t)counts->changes * size;
	const unsigned char *types = type_of + counts->changes;
	struct zone_change *changes = arena_calloc(arena, counts->changes + 1, sizeof(*changes));

	if (counts->types == 0)
		return -1;
	for (size_t i = 0; i < counts->types; i++) {
		int32_t offset = (int32_t)read_u32(types + i * 6);

		if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
			return -1;
	}
	out->first = (int32_t)read_u32(types);
	for (size_t i = 0; i < counts->changes; i++) {
		if (type_of[i] >= counts->types)
			return -1;
		changes[i].at = read_time(at + i * size, size);
		changes[i].offset = (int32_t)read_u32(types + (size_t)type_of[i] * 6);
		if (i > 0 && changes[i].at <= changes[i - 1].at)
			return -1;
	}
	out->change = changes;
	out->changes = counts->changes;
	return 0;
}

static int read_footer(const unsigned char *at, size_t len, struct zone *out)
{
	char text[RULE_MAX];
	const unsigned char *end;

	if (len < 2 || at[0] != '\n')
		return -1;
	end = memchr(at + 1, '\n', len - 1);
	if (!end || (size_t)(end - at) > RULE_MAX - 1)
		return -1;
	memcpy(text, at + 1, (size_t)(end - at - 1));
	text[end - at - 1] = '\0';
	if (!text[0])
		return 0;
	out->has_rule = zone_rule_parse(text, &out->rule);
	return out->has_rule ? 0 : -1;
}

int zone_parse(struct arena *arena, const void *bytes, size_t len, struct zone *out,
	       struct err *err)
{
	const unsigned char *at = bytes;
	struct zone zone = { .name = "" };
	struct counts counts;
	size_t size = 4;

	if (!read_header(at, len, &counts))
		return broken(err);
	if (at[4] >= '2') {
		size_t skip = HEADER_LEN + body_len(&counts, size);

		if (skip > len || !read_header(at + skip, len - skip, &counts))
			return broken(err);
		at += skip;
		len -= skip;
		size = 8;
	}

	size_t used = HEADER_LEN + body_len(&counts, size);

	if (used > len || read_body(arena, at + HEADER_LEN, &counts, size, &zone) < 0)
		return broken(err);
	if (size == 8 && read_footer(at + used, len - used, &zone) < 0)
		return broken(err);
	*out = zone;
	return 0;
}

static bool is_name(const char *name)
{
	const char *const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_+-/";
	size_t len = strlen(name);

	return len > 0 && len <= NAME_MAX_LEN && strspn(name, letters) == len && name[0] != '/' &&
	       name[0] != '-' && name[len - 1] != '/' && !strstr(name, "//");
}

int zone_load(struct arena *arena, const char *folder, const char *name, struct zone *out,
	      struct err *err)
{
	char *bytes;
	size_t len;

	if (text_equal(name, "UTC") || text_equal(name, "Etc/UTC")) {
		*out = (struct zone){ .name = arena_str(arena, name) };
		return 0;
	}
	if (!is_name(name))
		return err_set(err, ERR_INPUT, "\"%.64s\" is no name of a time zone", name);
	if (!fs_is_dir(folder)) {
		err_set(err, ERR_NOT_FOUND, "there are no time zones in %s", folder);
		return err_hint(err, "install the tzdata package, or use UTC");
	}
	const char *path = fs_join(arena, folder, name);

	if (!fs_exists(path) || fs_is_dir(path)) {
		err_set(err, ERR_NOT_FOUND, "there is no time zone \"%s\"", name);
		return err_hint(err, "name it as in Europe/Paris or UTC");
	}
	if (fs_read(arena, path, FILE_MAX, &bytes, &len, err) < 0 ||
	    zone_parse(arena, bytes, len, out, err) < 0)
		return err_wrap(err, "time zone %s", name);
	out->name = arena_str(arena, name);
	return 0;
}

int32_t zone_offset(const struct zone *zone, int64_t utc)
{
	size_t low = 0, high = zone->changes;

	if (high > 0 && utc >= zone->change[high - 1].at && !zone->has_rule)
		return zone->change[high - 1].offset;
	if (zone->has_rule && (high == 0 || utc >= zone->change[high - 1].at))
		return zone_rule_offset(&zone->rule, utc);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->change[middle].at <= utc)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? zone->first : zone->change[low - 1].offset;
}

struct zone_moment zone_moment(const struct zone *zone, int64_t local)
{
	int32_t before = zone_offset(zone, local - DAY_SECONDS);
	int32_t after = zone_offset(zone, local + DAY_SECONDS);
	int64_t early = local - before, late = local - after;
	bool is_early = zone_offset(zone, early) == before;
	bool is_late = zone_offset(zone, late) == after;

	if (is_early && is_late && early < late)
		return (struct zone_moment){ ZONE_TWICE, early, late };
	if (is_early)
		return (struct zone_moment){ ZONE_ONCE, early, early };
	if (is_late)
		return (struct zone_moment){ ZONE_ONCE, late, late };
	return (struct zone_moment){ ZONE_NEVER, early, early };
}
