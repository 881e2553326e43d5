#include "sim/sim_image.h"

#include "base/arena.h"
#include "base/own.h"
#include "crypto/digest.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const store_texts[IMAGES_STORE_COUNT] = {
	[IMAGES_SYSTEM] = "system",
	[IMAGES_CRI] = "cri",
	[IMAGES_MEMORY] = "inmem",
};

const char *store_text(enum sim_store store)
{
	return store_texts[store];
}

bool store_read(const char *text, enum sim_store *out)
{
	for (size_t i = 0; i < ARRAY_LEN(store_texts); i++) {
		if (!strcmp(store_texts[i], text)) {
			*out = (enum sim_store)i;
			return true;
		}
	}
	return false;
}

static size_t place_of(const struct sim_images *images, enum sim_store store, const char *ref)
{
	size_t i = 0;

	while (i < images->len &&
	       (images->at[i].store != store || strcmp(images->at[i].ref, ref) != 0))
		i++;
	return i;
}

bool images_has(const struct sim_images *images, enum sim_store store, const char *ref)
{
	return place_of(images, store, ref) < images->len;
}

static void resize(struct sim_images *images, size_t len)
{
	struct sim_pulled *at = len ? mem_new(len * sizeof(*at)) : NULL;
	size_t kept = len < images->len ? len : images->len;

	if (kept)
		memcpy(at, images->at, kept * sizeof(*at));
	mem_free(images->at, images->len * sizeof(*at));
	images->at = at;
	images->len = len;
}

void images_add(struct sim_images *images, enum sim_store store, const char *ref)
{
	struct sim_pulled *last;

	if (images_has(images, store, ref))
		return;
	resize(images, images->len + 1);
	assert(images->at);
	last = &images->at[images->len - 1];
	last->store = store;
	snprintf(last->ref, sizeof(last->ref), "%s", ref);
}

static void remove_at(struct sim_images *images, size_t place)
{
	memmove(&images->at[place], &images->at[place + 1],
		(images->len - place - 1) * sizeof(images->at[0]));
	resize(images, images->len - 1);
}

bool images_remove(struct sim_images *images, enum sim_store store, const char *ref)
{
	size_t place = place_of(images, store, ref);

	if (place == images->len)
		return false;
	remove_at(images, place);
	return true;
}

void images_end_boot(struct sim_images *images)
{
	for (size_t i = images->len; i-- > 0;) {
		if (images->at[i].store == IMAGES_MEMORY)
			remove_at(images, i);
	}
}

void images_wipe(struct sim_images *images)
{
	resize(images, 0);
}

/* ---- names ----------------------------------------------------------------------------------- */

const char *image_digest(struct arena *arena, const char *ref)
{
	struct digest *digest OWNED(digest_free) = digest_new();
	const char *pinned = strchr(ref, '@');

	if (pinned)
		return arena_str(arena, pinned + 1);
	digest_add_text(digest, ref);
	return digest_end_text(digest, arena);
}

const char *image_pinned(struct arena *arena, const char *ref)
{
	size_t len = strcspn(ref, "@");
	const char *slash = memrchr(ref, '/', len);
	const char *name = slash ? slash + 1 : ref;
	const char *colon = memchr(name, ':', len - (size_t)(name - ref));

	if (colon)
		len = (size_t)(colon - ref);
	return arena_printf(arena, "%.*s@%s", (int)len, ref, image_digest(arena, ref));
}
