#include "render/generate.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

Test(generate, takes_endpoints_in_their_normal_form)
{
	static const struct {
		const char *text, *normal;
	} rows[] = {
		{ "https://192.0.2.1:6443", "https://192.0.2.1:6443" },
		{ "HTTPS://A.example", "https://A.example" },
		{ "https://[2001:DB8::1]:6443", "https://[2001:DB8::1]:6443" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *out;
		cr_assert_eq(endpoint_check(arena, rows[i].text, &out, NULL), 0);
		cr_assert_str_eq(out, rows[i].normal);
	}
}

Test(generate, refuses_endpoints_with_the_fact)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "192.0.2.1", "no scheme" },
		{ "192.0.2.1:6443", "no scheme" },
		{ "http://192.0.2.1:6443", "not https" },
		{ "https://:6443", "no host" },
		{ "https://a:0", "not in 1..65535" },
		{ "https://a:70000", "not in 1..65535" },
		{ "https://2001:db8::1", "brackets" },
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		const char *out;
		cr_assert_lt(endpoint_check(arena, rows[i].text, &out, &err), 0, "%s",
			     rows[i].text);
		cr_assert_eq(err.kind, ERR_USAGE);
		cr_assert_not_null(strstr(err.text, rows[i].says), "%s", err.text);
	}
}

Test(generate, needs_a_kubernetes_version_since_1_14)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct bundle bundle = { .file = NULL };
	struct generate_input input = {
		.cluster_name = "c",
		.endpoint = "https://a:6443",
		.kubernetes_version = "",
		.install_image = "i",
		.bundle = &bundle,
		.release = RELEASE_1_14,
	};
	struct config config;
	struct err err = ERR_INIT;

	cr_assert_lt(generate_config(arena, &input, ROLE_CONTROL, &config, &err), 0);
	cr_assert_eq(err.kind, ERR_USAGE);
	input.release = RELEASE_1_13;
	cr_assert_eq(generate_config(arena, &input, ROLE_CONTROL, &config, NULL), 0);
}
