#include "render/render.h"

#include "base/own.h"
#include "base/str.h"
#include "unit/render/site.h"

#include <criterion/criterion.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 20)
#define PATCHES 3

/* A list that grows, one document each way, and a list of JSON operations. */
static const char *const texts[PATCHES] = {
	"machine:\n  certSANs: [a.example, b.example, a.example]\n"
	"  sysctls: {net.core.somaxconn: \"4096\"}\n",
	"apiVersion: v1alpha1\nkind: HostnameConfig\n$patch: delete\n---\n"
	"apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: remote\nurl: tcp://192.0.2.9:514\n",
	"- {op: replace, path: /machine/sysctls/net.core.somaxconn, value: \"1\"}\n",
};

static void write_one(struct str *out, struct renderer *renderer, const struct site *site,
		      const struct node *node)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	struct config config;
	int r = renderer ? renderer_node(renderer, node, &config, &err)
			 : render_node(arena, &site->input, node, &config, &err);

	cr_assert_eq(r, 0, "%s", err.text);
	str_clear(out);
	config_write(out, &config);
}

/* Sharing must not show, whatever the order of the nodes. */
static void same_as_alone(const struct site *site, const struct node *nodes, size_t count)
{
	struct renderer *renderer OWNED(renderer_free) = renderer_new(&site->input);
	struct str alone SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct str shared SCOPED(str_done) = STR_INIT(TEXT_MAX);

	for (size_t round = 0; round < 3 * count; round++) {
		const struct node *node = &nodes[round * 7 % count];

		write_one(&alone, NULL, site, node);
		write_one(&shared, renderer, site, node);
		cr_assert_str_eq(str_text(&shared), str_text(&alone), "%s", node->name);
	}
}

static void patches_of(struct arena *arena, struct node *node, size_t first, size_t count)
{
	struct patch_source *patch = arena_calloc(arena, count + 1, sizeof(*patch));

	for (size_t i = 0; i < count; i++) {
		const char *text = texts[(first + i) % PATCHES];

		patch[i] = (struct patch_source){
			.name = arena_printf(arena, "patches/%zu.yaml", (first + i) % PATCHES),
			.text = text,
			.len = strlen(text),
		};
	}
	node->patch = patch;
	node->patches = count;
}

Test(renderer, many_nodes_are_as_each_alone)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct node nodes[10];
	struct site site;

	site_init(&site);
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		nodes[i] = site.node;
		nodes[i].name = arena_printf(arena, "n%zu", i);
		nodes[i].role = i % 3 ? ROLE_WORKER : ROLE_CONTROL;
		nodes[i].secureboot = i % 4 == 3;
		if (i % 5 == 1)
			nodes[i].disk.text = "/dev/vda";
		patches_of(arena, &nodes[i], 0, i % 2 ? PATCHES : i % PATCHES);
	}
	same_as_alone(&site, nodes, ARRAY_LEN(nodes));
	site.input.contract = "v1.9";
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++)
		nodes[i].patches = nodes[i].patches ? 1 : 0;
	same_as_alone(&site, nodes, ARRAY_LEN(nodes));
	site.input.contract = "v1.14";
	same_as_alone(&site, nodes, ARRAY_LEN(nodes));
}

/* What is shared is forgotten when it has grown large, in between nodes. */
Test(renderer, forgets_and_goes_on)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct node nodes[200];
	struct site site;

	site_init(&site);
	for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
		nodes[i] = site.node;
		nodes[i].name = arena_printf(arena, "n%zu", i);
		nodes[i].disk.text = arena_printf(arena, "/dev/disk/by-id/%zu", i);
		patches_of(arena, &nodes[i], i, 1);
		if (i % PATCHES == 2)
			nodes[i].patches = 0;
	}
	same_as_alone(&site, nodes, ARRAY_LEN(nodes));
}

Test(renderer, a_patch_that_fails_is_told_each_time)
{
	static const char *const bad[] = { "machine: [", "machine: {type: [worker]}",
					   "- {op: remove, path: /nothing}" };
	struct site site;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct patch_source patch = { "patches/bad.yaml", bad[i], strlen(bad[i]), { 0 } };
		struct config config;

		site_init(&site);
		struct renderer *renderer OWNED(renderer_free) = renderer_new(&site.input);
		struct node good = site.node;
		site.node.patch = &patch;
		site.node.patches = 1;
		for (int round = 0; round < 3; round++) {
			struct err err = ERR_INIT;

			cr_assert_lt(renderer_node(renderer, &site.node, &config, &err), 0);
			cr_assert_not_null(strstr(err.text, "patch patches/bad.yaml"), "%s",
					   err.text);
			cr_assert_eq(renderer_node(renderer, &good, &config, NULL), 0);
		}
	}
}
