#include "render/config.h"

#include "base/own.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

static int read_text(struct arena *arena, const char *text, enum release release,
		     struct config *config, struct err *err)
{
	struct config_input input = { "x.yaml", text, strlen(text), release };

	return config_read(arena, &input, config, err);
}

/* What is read is printed in normal form. */
Test(config, prints_the_normal_form)
{
	static const struct {
		const char *name, *text, *printed;
	} rows[] = {
		{ "a main document has what must be there", "machine: {type: worker}\n",
		  "version: \"\"\nmachine:\n    type: worker\n    token: \"\"\n    certSANs: []\n"
		  "cluster: null\n" },
		{ "the main document comes first",
		  "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n---\ndebug: yes\n",
		  "version: \"\"\ndebug: true\nmachine: null\ncluster: null\n---\n"
		  "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n" },
		{ "durations, sizes and addresses have one form",
		  "apiVersion: v1alpha1\nkind: TimeSyncConfig\nbootTimeout: 90s\n",
		  "apiVersion: v1alpha1\nkind: TimeSyncConfig\nbootTimeout: 1m30s\n" },
		{ "fields have their order whatever was written",
		  "kind: LinkConfig\nname: eth0\naddresses: [{address: FD00::1/64}]\nup: on\n"
		  "apiVersion: v1alpha1\n",
		  "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nup: true\naddresses:\n"
		  "    - address: fd00::1/64\n" },
		{ "empty structs by value vanish, by pointer stay",
		  "apiVersion: v1alpha1\nkind: ResolverConfig\nsearchDomains: {}\n---\n"
		  "apiVersion: v1alpha1\nkind: TimeSyncConfig\nntp: {}\n",
		  "apiVersion: v1alpha1\nkind: ResolverConfig\n---\n"
		  "apiVersion: v1alpha1\nkind: TimeSyncConfig\nntp: {}\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct str out SCOPED(str_done) = STR_INIT(1 << 16);
		struct err err = ERR_INIT;
		struct config config;
		cr_assert_eq(read_text(arena, rows[i].text, RELEASE_1_13, &config, &err), 0,
			     "%s: %s", rows[i].name, err.text);
		config_write(&out, &config);
		cr_assert_str_eq(str_text(&out), rows[i].printed, "%s", rows[i].name);
	}
}

Test(config, says_where_and_what_is_wrong)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *says, *hint;
	} rows[] = {
		{ "machine:\n  sysctl: {a: b}\n", 2, 3, "sysctl is not a field of machine",
		  "sysctls" },
		{ "machine:\n  install: {wipe: perhaps}\n", 2, 19, "true or false", NULL },
		{ "machine:\n  certSANs: x\n", 2, 13, "machine.certSANs must be a list", NULL },
		{ "machine:\n  kubelet: [a]\n", 2, 12, "machine.kubelet must be a mapping", NULL },
		{ "apiVersion: v1alpha1\nkind: LinkConfg\nname: a\n", 2, 7,
		  "LinkConfg is not a kind", "LinkConfig" },
		{ "apiVersion: v1alpha1\nkind: KubeNodeConfig\n", 2, 7,
		  "KubeNodeConfig is not a kind", NULL },
		{ "kind: HostnameConfig\nhostname: a\n", 1, 1, "no apiVersion", NULL },
		{ "version: v1alpha1\n", 1, 1, "no kind", NULL },
		{ "debug: true\n---\npersist: true\n", 3, 1, "two v1alpha1 documents", NULL },
		{ "apiVersion: v1alpha1\nkind: LinkConfig\nname: a\n---\n"
		  "apiVersion: v1alpha1\nkind: BondConfig\nname: a\n",
		  5, 1, "must not both be named a", NULL },
		{ "apiVersion: v1alpha1\nkind: HostnameConfig\nauto: of\n", 3, 7, "known words",
		  "off" },
		{ "# nothing\n", 1, 1, "no document", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct err err = ERR_INIT;
		struct config config;
		cr_assert_lt(read_text(arena, rows[i].text, RELEASE_1_13, &config, &err), 0, "%s",
			     rows[i].text);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_str_eq(err.file, "x.yaml", "%s", rows[i].text);
		cr_assert_eq(err.line, rows[i].line, "%s: line %u", rows[i].says, err.line);
		cr_assert_eq(err.column, rows[i].column, "%s: column %u", rows[i].says, err.column);
		cr_assert_not_null(strstr(err.text, rows[i].says), "%s", err.text);
		if (rows[i].hint)
			cr_assert_not_null(strstr(err.hint, rows[i].hint), "%s", err.hint);
	}
}

Test(config, never_shows_secrets_in_messages)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct err err = ERR_INIT;
	struct config config;

	cr_assert_lt(read_text(arena, "machine: {ca: {crt: aGk=, key: '!hush!'}}\n", RELEASE_1_13,
			       &config, &err),
		     0);
	cr_assert_null(strstr(err.text, "hush"));
	cr_assert_not_null(strstr(err.text, "base64"));
}

Test(config, marks_secrets)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct config config;

	cr_assert_eq(read_text(arena, "machine: {token: t, type: worker}\n", RELEASE_1_13, &config,
			       NULL),
		     0);
	const struct value *machine = value_get(config.at[0].value, "machine");
	cr_assert(value_is_sensitive(value_get(machine, "token")));
	cr_assert_not(value_is_sensitive(value_get(machine, "type")));
}

Test(config, of_1_14_takes_no_date_for_a_text)
{
	static const char text[] = "machine: {type: 2020-01-01}\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct config config;
	struct err err = ERR_INIT;

	cr_assert_eq(read_text(arena, text, RELEASE_1_13, &config, NULL), 0);
	cr_assert_lt(read_text(arena, text, RELEASE_1_14, &config, &err), 0);
	cr_assert_str_eq(err.hint, "put it in quotes");
}

Test(config, knows_the_kinds_of_a_release)
{
	static const char text[] = "apiVersion: v1alpha1\nkind: KubePrismConfig\nport: 1\n";
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct config config;

	cr_assert_lt(read_text(arena, text, RELEASE_1_13, &config, NULL), 0);
	cr_assert_eq(read_text(arena, text, RELEASE_1_14, &config, NULL), 0);
	cr_assert_not_null(config_find(&config, "KubePrismConfig", NULL));
	cr_assert_null(config_find(&config, "KubePrismConfig", "x"));
}
