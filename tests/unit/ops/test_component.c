#include "ops/component.h"

#include "base/own.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAIN                                                                      \
	"version: v1alpha1\n"                                                     \
	"machine:\n"                                                              \
	"    kubelet:\n"                                                          \
	"        image: ghcr.io/siderolabs/kubelet:v1.35.4-fat # the large one\n" \
	"cluster:\n"                                                              \
	"    apiServer:\n"                                                        \
	"        image: \"registry:5000/k8s/kube-apiserver:v1.35.4\"\n"           \
	"    scheduler: {}\n"                                                     \
	"    proxy:\n"                                                            \
	"        disabled: true\n"
#define OWN                      \
	"---\n"                  \
	"apiVersion: v1alpha1\n" \
	"kind: KubeletConfig\n"  \
	"image: local/kubelet:v1.34.0\n"
#define PROXY_OFF "---\napiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: false\n"
#define PROXY_ON "---\napiVersion: v1alpha1\nkind: KubeProxyConfig\nenabled: true\n"

Test(component, is_found_by_its_name)
{
	for (enum component c = 0; c < COMPONENT_COUNT; c++) {
		enum component found = COMPONENT_COUNT;

		cr_assert(component_named(component_name(c), &found), "%s", component_name(c));
		cr_assert_eq(found, c, "%s", component_name(c));
		cr_assert_eq(component_store(c),
			     c == COMPONENT_KUBELET ? STORE_SYSTEM : STORE_CRI, "%s",
			     component_name(c));
		cr_assert_eq(component_resource(c) != NULL, c < COMPONENT_STATIC_PODS, "%s",
			     component_name(c));
	}
	enum component kept = COMPONENT_PROXY;

	cr_assert_not(component_named("etcd", &kept));
	cr_assert_not(component_named(NULL, &kept));
	cr_assert_eq(kept, COMPONENT_PROXY);
}

Test(component, image_is_what_the_config_says)
{
	static const struct {
		const char *name, *config;
		enum component component;
		const char *image;
	} rows[] = {
		{ "in the main document", MAIN, COMPONENT_APISERVER,
		  "registry:5000/k8s/kube-apiserver:v1.35.4" },
		{ "of the machine", MAIN, COMPONENT_KUBELET,
		  "ghcr.io/siderolabs/kubelet:v1.35.4-fat" },
		{ "settings without an image", MAIN, COMPONENT_SCHEDULER, NULL },
		{ "no settings", MAIN, COMPONENT_CONTROLLER_MANAGER, NULL },
		{ "its own document counts", MAIN OWN, COMPONENT_KUBELET, "local/kubelet:v1.34.0" },
		{ "somebody else's document does not", MAIN OWN, COMPONENT_APISERVER,
		  "registry:5000/k8s/kube-apiserver:v1.35.4" },
		{ "a document of another kind alone", OWN, COMPONENT_APISERVER, NULL },
		{ "nothing", "", COMPONENT_KUBELET, NULL },
		{ "no YAML", "machine: [", COMPONENT_KUBELET, NULL },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *image = component_image(arena, rows[i].component, rows[i].config,
						    strlen(rows[i].config));

		if (rows[i].image)
			cr_assert_str_eq(image, rows[i].image, "%s", rows[i].name);
		else
			cr_assert_null(image, "%s: %s", rows[i].name, image);
	}
}

Test(component, only_the_proxy_can_be_off)
{
	static const struct {
		const char *name, *config;
		enum component component;
		bool off;
	} rows[] = {
		{ "disabled", MAIN, COMPONENT_PROXY, true },
		{ "not said", "cluster:\n    proxy: {}\n", COMPONENT_PROXY, false },
		{ "no settings", "cluster: {}\n", COMPONENT_PROXY, false },
		{ "its own document, off", "cluster: {}\n" PROXY_OFF, COMPONENT_PROXY, true },
		{ "its own document counts", MAIN PROXY_ON, COMPONENT_PROXY, false },
		{ "a kubelet", "machine: {kubelet: {disabled: true}}\n", COMPONENT_KUBELET, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_eq(component_is_off(rows[i].component, rows[i].config,
					      strlen(rows[i].config)),
			     rows[i].off, "%s", rows[i].name);
}

Test(component, version_is_that_of_the_tag)
{
	static const struct {
		const char *image, *version;
	} rows[] = {
		{ "registry.k8s.io/kube-proxy:v1.36.3", "v1.36.3" },
		{ "registry:5000/kube-proxy:v1.36.3", "v1.36.3" },
		{ "registry:5000/kube-proxy", NULL },
		{ "ghcr.io/siderolabs/kubelet:v1.36.3-fat", "v1.36.3" },
		{ "ghcr.io/siderolabs/kubelet:v1.36.3-slim", "v1.36.3" },
		{ "ghcr.io/siderolabs/kubelet:v1.37.0-rc.1", "v1.37.0-rc.1" },
		{ "ghcr.io/siderolabs/kubelet:v1.36", NULL },
		{ "ghcr.io/siderolabs/kubelet:latest", NULL },
		{ NULL, NULL },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *version = component_version(arena, rows[i].image);

		if (rows[i].version)
			cr_assert_str_eq(version, rows[i].version, "%s", rows[i].image);
		else
			cr_assert_null(version, "%s: %s", rows[i].image, version);
	}
}

Test(component, image_at_a_version_keeps_repository_and_flavour)
{
	static const struct {
		const char *name;
		enum component component;
		const char *image, *version, *expected;
	} rows[] = {
		{ "a mirror", COMPONENT_SCHEDULER, "registry:5000/kube-scheduler:v1.35.4",
		  "v1.36.3", "registry:5000/kube-scheduler:v1.36.3" },
		{ "a flavour", COMPONENT_KUBELET, "local/kubelet:v1.35.4-slim", "1.36.3",
		  "local/kubelet:v1.36.3-slim" },
		{ "a digest goes", COMPONENT_KUBELET, "local/kubelet:v1.35.4@sha256:abc", "v1.36.3",
		  "local/kubelet:v1.36.3" },
		{ "no tag", COMPONENT_PROXY, "local/kube-proxy", "v1.36.3",
		  "local/kube-proxy:v1.36.3" },
		{ "no image", COMPONENT_APISERVER, NULL, "v1.36.3",
		  "registry.k8s.io/kube-apiserver:v1.36.3" },
		{ "no image of a kubelet", COMPONENT_KUBELET, NULL, "v1.36.3",
		  "ghcr.io/siderolabs/kubelet:v1.36.3" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		cr_assert_str_eq(component_image_at(arena, rows[i].component, rows[i].image,
						    rows[i].version),
				 rows[i].expected, "%s", rows[i].name);
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char *put(struct arena *arena, enum component component, const char *config,
		       struct err *err)
{
	const struct component_change change = { component, "new/image:v1.36.3", config,
						 strlen(config) };
	const char *text = NULL;
	size_t len = 0;

	if (component_put_image(arena, &change, &text, &len, err) < 0)
		return NULL;
	cr_assert_eq(strlen(text), len);
	return text;
}

Test(component, new_image_changes_no_other_byte)
{
	static const struct {
		const char *name, *config;
		enum component component;
		const char *old;
	} rows[] = {
		{ "plain, before a comment", MAIN, COMPONENT_KUBELET,
		  "ghcr.io/siderolabs/kubelet:v1.35.4-fat" },
		{ "quoted", MAIN, COMPONENT_APISERVER, "registry:5000/k8s/kube-apiserver:v1.35.4" },
		{ "in its own document", MAIN OWN, COMPONENT_KUBELET, "local/kubelet:v1.34.0" },
		{ "at the very end", "machine: {}\ncluster:\n  scheduler:\n    image: a/b:v1.35.4",
		  COMPONENT_SCHEDULER, "a/b:v1.35.4" },
		{ "in braces", "cluster: {proxy: {image: 'a/b:v1.35.4'}} # all\n", COMPONENT_PROXY,
		  "a/b:v1.35.4" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *at = strstr(rows[i].config, rows[i].old);
		const char *expected =
			arena_printf(arena, "%.*snew/image:v1.36.3%s", (int)(at - rows[i].config),
				     rows[i].config, at + strlen(rows[i].old));

		cr_assert_str_eq(put(arena, rows[i].component, rows[i].config, NULL), expected,
				 "%s", rows[i].name);
	}
}

Test(component, new_image_is_added_where_there_is_none)
{
	static const struct {
		const char *name, *config;
		enum component component;
	} rows[] = {
		{ "empty settings", MAIN, COMPONENT_SCHEDULER },
		{ "no settings", MAIN, COMPONENT_CONTROLLER_MANAGER },
		{ "no section", "version: v1alpha1\nmachine:\n    type: worker\n",
		  COMPONENT_PROXY },
		{ "its own document without one", MAIN PROXY_ON, COMPONENT_PROXY },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text = put(arena, rows[i].component, rows[i].config, NULL);

		cr_assert_not_null(text, "%s", rows[i].name);
		cr_assert_str_eq(component_image(arena, rows[i].component, text, strlen(text)),
				 "new/image:v1.36.3", "%s", rows[i].name);
		for (enum component c = 0; c < COMPONENT_COUNT; c++) {
			const char *was = component_image(arena, c, rows[i].config,
							  strlen(rows[i].config));

			if (c != rows[i].component && was)
				cr_assert_str_eq(component_image(arena, c, text, strlen(text)), was,
						 "%s: %s", rows[i].name, component_name(c));
		}
	}
}

Test(component, a_config_that_cannot_be_read_is_not_quoted)
{
	static const char *const configs[] = { "machine: {token: hush", "", OWN,
					       "- hush\n" };
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		struct err err = ERR_INIT;

		cr_assert_null(put(arena, COMPONENT_APISERVER, configs[i], &err), "%zu", i);
		cr_assert_eq(err.kind, ERR_CONFLICT, "%zu", i);
		cr_assert_null(strstr(err.text, "hush"), "%s", err.text);
	}
}
