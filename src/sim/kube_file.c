#include "sim/kube_store.h"

#include "base/fs.h"
#include "base/text.h"
#include "sim/kube_value.h"
#include "tree/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/*
 * A line per change, the last one for an object counts: {"r":REVISION,"g":GROUP,"p":PLURAL} with
 * the object as "o", or for a deletion its namespace and name as "s" and "n". When most lines are
 * history the file is written anew.
 */

#define FILE_MAX ((size_t)256 << 20)
#define LINES_MIN 2000
#define LINES_PER_OBJECT 6

static void add_line(struct str *out, const struct kube_version *version)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubernetes line");
	struct map_builder *map = map_begin(arena);

	map_add(map, "r", value_of_u64(arena, version->revision));
	map_add(map, "g", value_str(arena, version->type->group));
	map_add(map, "p", value_str(arena, version->type->plural));
	if (version->change == KUBE_DELETED) {
		map_add(map, "s", value_str(arena, version->space));
		map_add(map, "n", value_str(arena, version->name));
	} else {
		map_add(map, "o", version->value);
	}
	kube_json(out, map_end(map));
	str_addc(out, '\n');
}

void store_log(struct kube_store *store, const struct kube_version *version)
{
	if (!store->path)
		return;
	add_line(&store->waits, version);
	store->lines++;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int write_anew(struct kube_store *store, struct err *err)
{
	struct str all SCOPED(str_done) = STR_INIT(FILE_MAX);

	store->lines = 0;
	for (size_t i = 0; i < store->types; i++) {
		for (size_t k = 0; k < store->type[i]->len; k++) {
			add_line(&all, store->type[i]->at[k]->now);
			store->lines++;
		}
	}
	str_addf(&all, "{\"r\":%" PRIu64 "}\n", store->revision);
	if (fs_write(store->path, str_text(&all), all.len, 0600, NULL, err) < 0)
		return -1;
	str_clear(&store->waits);
	store->torn = false;
	return 0;
}

static void close_file(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int append(const struct kube_store *store, struct err *err)
{
	int fd SCOPED(close_file) =
		open(store->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	const char *at = str_text(&store->waits);
	size_t left = store->waits.len;

	if (fd < 0)
		return err_sys(err, errno, "open %s", store->path);
	while (left) {
		ssize_t sent = write(fd, at, left);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return err_sys(err, errno, "write %s", store->path);
		at += sent;
		left -= (size_t)sent;
	}
	if (fdatasync(fd) < 0)
		return err_sys(err, errno, "flush %s to disk", store->path);
	return 0;
}

int store_write(struct kube_store *store, struct err *err)
{
	if (!store->path || store->unread || !store->waits.len)
		return 0;
	/* a line that was half written before would spoil the next one: then all is written */
	if (store->torn ||
	    store->lines > LINES_MIN + LINES_PER_OBJECT * (uint64_t)store_count(store))
		return write_anew(store, err);
	if (append(store, err) < 0) {
		store->torn = true;
		return -1;
	}
	str_clear(&store->waits);
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void take_line(struct kube_store *store, const struct value *line)
{
	struct kube_type *type = store_type(store, kube_text(line, "g"), kube_text(line, "p"));
	const struct value *object = value_get(line, "o");
	uint64_t revision;

	if (value_u64(value_get(line, "r"), &revision) && revision > store->revision)
		store->revision = revision;
	if (!type)
		return;
	if (object) {
		store_put(store, type, object);
		return;
	}

	struct kube_object *gone = store_find(type, kube_text(line, "s"), kube_text(line, "n"));

	if (gone)
		store_remove(store, gone);
}

static int take_lines(struct kube_store *store, const char *text, struct err *err)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		struct arena *arena OWNED(arena_free) = arena_new("kubernetes line");
		const struct value *line;

		if (json_read(arena, store->path, text, (size_t)(end - text), &line, err) < 0)
			return err_wrap(err, "read %s", store->path);
		take_line(store, line);
		store->lines++;
	}
	/* what has no end was being written when the program was killed */
	store->torn = *text != '\0';
	return 0;
}

int store_open(struct kube_store *store, const char *path, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("kubernetes file");
	char *text;
	size_t len;

	store->path = arena_str(store->arena, path);
	if (!fs_exists(path))
		return 0;
	store->unread = true;
	if (fs_read(arena, path, FILE_MAX, &text, &len, err) < 0)
		return -1;
	store->loading = true;

	int r = take_lines(store, text, err);

	store->loading = false;
	if (r < 0)
		return -1;
	store->unread = false;
	if (store->torn && write_anew(store, err) < 0)
		return -1;
	return store->lines > 0;
}
