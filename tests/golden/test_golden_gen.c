#include "golden/cases.h"

#include "base/text.h"
#include "render/generate.h"
#include "render/patch.h"

#include <criterion/criterion.h>
#include <string.h>

struct list {
	const char **at;
	size_t len;
};

struct generation_case {
	struct golden_case *c;
	struct generate_input input;
	struct bundle *bundle;
};

static void add(struct golden_case *c, struct list *list, const char *text)
{
	const char **grown = arena_calloc(c->arena, list->len + 1, sizeof(*grown));

	if (list->len)
		memcpy(grown, list->at, list->len * sizeof(*grown));
	grown[list->len++] = text;
	list->at = grown;
}

/* A list argument whose members may hold commas. */
static struct list split(struct golden_case *c, const char *key)
{
	const struct value *members = value_get(c->args, key);
	struct list list = { NULL, 0 };

	for (size_t i = 0; i < value_len(members); i++) {
		const char *text = value_text(value_at(members, i));
		while (*text) {
			size_t len = strcspn(text, ",");
			add(c, &list, arena_strn(c->arena, text, len));
			text += len + (text[len] == ',');
		}
	}
	return list;
}

static void take_mirror(struct generation_case *g, const char *text)
{
	struct registry_mirror *mirrors = (struct registry_mirror *)g->input.mirror;
	const char *host = arena_strn(g->c->arena, text, strcspn(text, "="));
	struct list endpoints = { NULL, 0 };
	size_t at = 0;

	while (at < g->input.mirrors && strcmp(mirrors[at].host, host) != 0)
		at++;
	if (at == g->input.mirrors)
		mirrors[g->input.mirrors++] = (struct registry_mirror){ host, NULL, 0 };
	endpoints.at = (const char **)mirrors[at].endpoint;
	endpoints.len = mirrors[at].endpoints;
	add(g->c, &endpoints, text + strlen(host) + 1);
	mirrors[at].endpoint = endpoints.at;
	mirrors[at].endpoints = endpoints.len;
}

static const char *argument(const struct golden_case *c, const char *key, const char *otherwise)
{
	return value_has(c->args, key) ? value_get_text(c->args, key) : otherwise;
}

static void take_arguments(struct generation_case *g)
{
	struct golden_case *c = g->c;
	const char *kubernetes[] = { "1.36.3", "1.37.0" };
	const char *image = "ghcr.io/siderolabs/installer:v1.13.9";
	bool newer = text_equal(argument(c, "tool", "1.13"), "1.14");
	struct list sans = split(c, "additional_sans");
	struct list mirrors = split(c, "registry_mirrors");

	g->input = (struct generate_input){
		.cluster_name = argument(c, "cluster_name", ""),
		.endpoint = argument(c, "endpoint", ""),
		.contract = argument(c, "talos_version", NULL),
		.kubernetes_version = argument(c, "kubernetes_version", kubernetes[newer]),
		.install_disk = argument(c, "install_disk", "/dev/sda"),
		.install_image = argument(c, "install_image", image),
		.dns_domain = argument(c, "dns_domain", NULL),
		.san = sans.at,
		.sans = sans.len,
		.mirror = arena_calloc(c->arena, mirrors.len + 1, sizeof(struct registry_mirror)),
		.no_discovery = !value_bool(value_get(c->args, "with_cluster_discovery"), true),
		.kubespan = value_bool(value_get(c->args, "with_kubespan"), false),
		.release = newer ? RELEASE_1_14 : RELEASE_1_13,
	};
	for (size_t i = 0; i < mirrors.len; i++)
		take_mirror(g, mirrors.at[i]);
}

static int apply_all(struct generation_case *g, const char *key, struct config *config,
		     struct err *err)
{
	const struct value *patches = value_get(g->c->args, key);

	for (size_t i = 0; i < value_len(patches); i++) {
		const char *text = value_text(value_at(patches, i));
		struct patch_text input = { text, text, strlen(text), g->input.release };
		struct patch *patch;
		if (text[0] == '@')
			input.text = golden_file(g->c, text + 1, &input.len);
		if (patch_read(g->c->arena, &input, &patch, err) < 0 ||
		    patch_apply(g->c->arena, config, patch, config, err) < 0)
			return -1;
	}
	return 0;
}

static int generate(struct generation_case *g, enum role role, struct str *text, struct err *err)
{
	static const char *const patches[ROLE_COUNT] = {
		[ROLE_CONTROL] = "config_patch_control_plane",
		[ROLE_WORKER] = "config_patch_worker",
	};
	struct config config;
	size_t len;
	const char *secrets = golden_file(g->c, "secrets.yaml", &len);

	if (secrets && !g->bundle &&
	    bundle_read("secrets.yaml", secrets, len, &g->bundle, err) < 0)
		return -1;
	struct bundle none = { .file = NULL };
	g->input.bundle = g->bundle ? g->bundle : &none;
	if (generate_config(g->c->arena, &g->input, role, &config, err) < 0 ||
	    apply_all(g, "config_patch", &config, err) < 0 ||
	    apply_all(g, patches[role], &config, err) < 0)
		return -1;
	config_write(text, &config);
	return 0;
}

static bool run_role(struct generation_case *g, enum role role, const char *file)
{
	struct str text SCOPED(str_done) = STR_INIT(1 << 20);
	struct err err = ERR_INIT;

	if (generate(g, role, &text, &err) < 0) {
		str_add(g->c->why, err.text);
		return golden_wants_error(g->c);
	}
	const char *expected = golden_file(g->c, file, NULL);
	if (!expected) {
		str_add(g->c->why, "it must fail");
		return false;
	}
	return golden_equal(g->c, file, str_text(&text), expected);
}

static bool run_case(struct golden_case *c)
{
	struct generation_case g = { .c = c };

	take_arguments(&g);
	bool good = run_role(&g, ROLE_CONTROL, "controlplane.yaml") &&
		    (golden_wants_error(c) || run_role(&g, ROLE_WORKER, "worker.yaml"));
	bundle_free(g.bundle);
	return good;
}

Test(golden, gen)
{
	static const char *const pending[] = { NULL };

	golden_run(&(struct golden){ "gen", run_case, pending });
}
