#include "render/scalar_forms.h"

#include "base/own.h"
#include "tree/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const colours[] = { "red", "green", NULL };

struct row {
	enum schema_type type;
	const char *text, *form; /* form NULL: refused */
};

static const struct row rows[] = {
	{ TYPE_TEXT, "1.50", "1.50" },
	{ TYPE_TEXT, "true", "true" },
	{ TYPE_BOOL, "yes", "true" },
	{ TYPE_BOOL, "'off'", "false" },
	{ TYPE_BOOL, "'true'", NULL },
	{ TYPE_BOOL, "1", NULL },
	{ TYPE_U16, "65535", "65535" },
	{ TYPE_U16, "65536", NULL },
	{ TYPE_U16, "-1", NULL },
	{ TYPE_U16, "'5'", NULL },
	{ TYPE_U32, "0x10", "16" },
	{ TYPE_INT, "1e3", "1000" },
	{ TYPE_INT, "1.5", NULL },
	{ TYPE_INT, "-7", "-7" },
	{ TYPE_WORD, "GREEN", "green" },
	{ TYPE_WORD, "blue", NULL },
	{ TYPE_DURATION, "90s", "1m30s" },
	{ TYPE_DURATION, "0", "0s" },
	{ TYPE_DURATION, "5", NULL },
	{ TYPE_DURATION, "1d", NULL },
	{ TYPE_ADDRESS, "FD00:0::1", "fd00::1" },
	{ TYPE_ADDRESS, "FE80::1%eth4", "fe80::1%eth4" },
	{ TYPE_ADDRESS, "10.0.0.1%eth4", NULL },
	{ TYPE_PREFIX, "10.1.2.3/8", "10.1.2.3/8" },
	{ TYPE_PREFIX, "10.1.2.3", NULL },
	{ TYPE_SOCKET, "'[FD00::1]:443'", "[fd00::1]:443" },
	{ TYPE_SOCKET, "10.0.0.1:0", "10.0.0.1:0" },
	{ TYPE_SOCKET, "'[FE80::1%eth0]:443'", "[fe80::1%eth0]:443" },
	{ TYPE_SOCKET, "'[fe80::1%]:443'", NULL },
	{ TYPE_SOCKET, "10.0.0.1%eth0:443", NULL },
	{ TYPE_SOCKET, "host:80", NULL },
	{ TYPE_HARDWARE, "'AA:BB:cc'", "aa:bb:cc" },
	{ TYPE_HARDWARE, "a", NULL },
	{ TYPE_TABLE, "Main", "main" },
	{ TYPE_TABLE, "100", "100" },
	{ TYPE_TABLE, "254", NULL },
	{ TYPE_BYTES, "10 GiB", "10 GiB" },
	{ TYPE_BYTES, "ten", NULL },
	{ TYPE_SIZE, "12.5%", "12.5%" },
	{ TYPE_SIZE, "101%", NULL },
	{ TYPE_DISK_SIZE, "100GB", "100 GB" },
	{ TYPE_DISK_SIZE, "10GiB", "10737418240" },
	{ TYPE_DISK_MATCH, "'>= 1TB '", ">= 1TB" },
	{ TYPE_DISK_MATCH, "big", NULL },
	{ TYPE_MODE, "420", "0o644" },
	{ TYPE_MODE, "'0644'", NULL },
	{ TYPE_BASE64, "aGk=", "aGk=" },
	{ TYPE_BASE64, "'!'", NULL },
	{ TYPE_PORTS, "80-90", "80-90" },
	{ TYPE_PORTS, "5-5", "5" },
	{ TYPE_PORTS, "'80'", NULL },
	{ TYPE_URL, "HTTPS://A/b", "https://A/b" },
	{ TYPE_URL, "'https://h:x'", NULL },
};

Test(scalar_forms, reads_and_prints_one_form)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		struct schema_field field = { .name = "f", .type = rows[i].type, .words = colours };
		struct yaml_input input = { .file = "f", .text = rows[i].text };
		struct yaml_documents documents;
		const struct value *form;
		struct err err = ERR_INIT;

		input.len = strlen(input.text);
		cr_assert_eq(yaml_read(arena, &input, &documents, NULL), 0, "%s", rows[i].text);
		int r = scalar_form(arena, &field, documents.at[0], &form, &err);
		cr_assert_eq(r < 0, rows[i].form == NULL, "%s: %s", rows[i].text, err.text);
		if (rows[i].form)
			cr_assert_str_eq(value_text(form), rows[i].form);
		else
			cr_assert_eq(err.line, 1, "%s", rows[i].text);
	}
}

Test(scalar_forms, know_what_was_never_set)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct schema_field field = { .type = TYPE_WORD, .words = colours };

	cr_assert_str_eq(value_text(scalar_form_zero(arena, &field)), "red");
	field.zero = "none of them";
	cr_assert_str_eq(value_text(scalar_form_zero(arena, &field)), "none of them");
	field = (struct schema_field){ .type = TYPE_U32 };
	cr_assert(scalar_form_is_zero(&field, scalar_form_zero(arena, &field)));
	cr_assert_not(scalar_form_is_zero(&field, value_of_int(arena, 1)));
}
