#include "render/talosconfig.h"

#include "base/own.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const endpoints[] = { "10.0.0.1", "10.0.0.2" };
static const char *const nodes[] = { "10.0.0.3" };

static const struct talosconfig_context home = {
	.name = "home",
	.endpoint = endpoints,
	.endpoints = 2,
	.node = nodes,
	.nodes = 1,
	.ca = "CA\n",
	.identity = { "CRT\n", "KEY\n" },
};

Test(talosconfig, writes_the_layout_of_talosctl)
{
	struct str out SCOPED(str_done) = STR_INIT(4096);

	talosconfig_write(&out, &home);
	cr_assert_str_eq(str_text(&out), "context: home\n"
					 "contexts:\n"
					 "    home:\n"
					 "        endpoints:\n"
					 "            - 10.0.0.1\n"
					 "            - 10.0.0.2\n"
					 "        nodes:\n"
					 "            - 10.0.0.3\n"
					 "        ca: Q0EK\n"
					 "        crt: Q1JUCg==\n"
					 "        key: S0VZCg==\n");
}

Test(talosconfig, reads_what_it_wrote)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct str out SCOPED(str_done) = STR_INIT(4096);
	struct talosconfig_context read;
	struct err err = ERR_INIT;

	talosconfig_write(&out, &home);
	cr_assert_eq(
		talosconfig_read(arena,
				 &(struct talosconfig_text){ "f", str_text(&out), out.len, NULL },
				 &read, &err),
		0, "%s", err.text);
	cr_assert_str_eq(read.name, "home");
	cr_assert_eq(read.endpoints, 2);
	cr_assert_str_eq(read.endpoint[1], "10.0.0.2");
	cr_assert_eq(read.nodes, 1);
	cr_assert_str_eq(read.ca, "CA\n");
	cr_assert_str_eq(read.identity.cert, "CRT\n");
	cr_assert_str_eq(read.identity.key, "KEY\n");
}

Test(talosconfig, says_which_context_is_missing)
{
	static const char text[] = "context: home\ncontexts:\n  home: {target: 10.0.0.9}\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct talosconfig_context read;
	struct err err = ERR_INIT;

	cr_assert_lt(talosconfig_read(arena,
				      &(struct talosconfig_text){ "f", text, strlen(text), "hom" },
				      &read, &err),
		     0);
	cr_assert_eq(err.kind, ERR_NOT_FOUND);
	cr_assert_not_null(strstr(err.hint, "home"));
	cr_assert_eq(talosconfig_read(arena,
				      &(struct talosconfig_text){ "f", text, strlen(text), NULL },
				      &read, &err),
		     0);
	cr_assert_eq(read.endpoints, 1);
	cr_assert_str_eq(read.endpoint[0], "10.0.0.9");
}

Test(talosconfig, never_shows_a_broken_key)
{
	static const char text[] = "context: a\ncontexts:\n  a: {key: '!hush'}\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct talosconfig_context read;
	struct err err = ERR_INIT;

	cr_assert_lt(talosconfig_read(arena,
				      &(struct talosconfig_text){ "f", text, strlen(text), NULL },
				      &read, &err),
		     0);
	cr_assert_eq(err.kind, ERR_INPUT);
	cr_assert_eq(err.line, 3);
	cr_assert_null(strstr(err.text, "hush"));
}
