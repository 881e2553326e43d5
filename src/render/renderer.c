/* What the nodes of one input have in common. */
#include "render/render_parts.h"

#include "base/map.h"
#include "base/text.h"

/* Where every node has an image or patches of its own, sharing would keep all of them. */
#define SHARED_MAX ((size_t)2 << 20)

struct generated {
	struct generated_for key;
	struct config config;
};

struct renderer {
	struct render_input input;
	struct arena *own;    /* owned; of the node at hand */
	struct arena *shared; /* owned */
	struct map *patch;    /* by name */
	struct generated *generated;
	size_t len, cap;
	struct findings verdicts; /* on the node at hand, in `own` */
};

static void forget(struct renderer *renderer)
{
	arena_reset(renderer->shared);
	renderer->patch = map_new(renderer->shared);
	renderer->generated = NULL;
	renderer->len = renderer->cap = 0;
}

struct renderer *renderer_new(const struct render_input *input)
{
	struct renderer *renderer = mem_new(sizeof(*renderer));

	renderer->input = *input;
	renderer->own = arena_new("node");
	renderer->shared = arena_new("renderer");
	forget(renderer);
	return renderer;
}

void renderer_free(struct renderer *renderer)
{
	if (!renderer)
		return;
	arena_free(renderer->own);
	arena_free(renderer->shared);
	mem_free(renderer, sizeof(*renderer));
}

int renderer_begin(struct renderer *renderer, const struct node *node, struct rendering *rendering,
		   struct err *err)
{
	arena_reset(renderer->own);
	if (arena_used(renderer->shared) > SHARED_MAX)
		forget(renderer);
	if (rendering_begin(rendering, renderer->own, &renderer->input, node, err) < 0)
		return -1;
	rendering->renderer = renderer;
	return 0;
}

const struct render_input *renderer_input(const struct renderer *renderer)
{
	return &renderer->input;
}

struct findings *renderer_verdicts(struct renderer *renderer)
{
	findings_init(&renderer->verdicts, renderer->own);
	return &renderer->verdicts;
}

struct arena *renderer_arena(const struct renderer *renderer)
{
	return renderer->shared;
}

struct patch *renderer_patch(const struct renderer *renderer, const char *name)
{
	return map_get(renderer->patch, name);
}

void renderer_keep_patch(struct renderer *renderer, const char *name, struct patch *patch)
{
	map_put(renderer->patch, name, patch);
}

const struct config *renderer_generated(const struct renderer *renderer,
					const struct generated_for *key)
{
	for (size_t i = 0; i < renderer->len; i++) {
		const struct generated *there = &renderer->generated[i];

		if (there->key.role == key->role && text_equal(there->key.disk, key->disk) &&
		    text_equal(there->key.image, key->image))
			return &there->config;
	}
	return NULL;
}

void renderer_keep_generated(struct renderer *renderer, const struct generated_for *key,
			     const struct config *config)
{
	renderer->generated = arena_grow(renderer->shared, renderer->generated, renderer->len,
					 &renderer->cap, sizeof(*renderer->generated));
	renderer->generated[renderer->len++] = (struct generated){ *key, *config };
}
