#include "seal/sops.h"

#include "base/clock.h"
#include "base/text.h"
#include "tree/yaml.h"

#include "fixture.h"

#include <string.h>

#define ROOM ((size_t)4 << 20)

static const struct value *tree_of(struct arena *arena, const char *text, size_t len)
{
	const struct yaml_input input = { .file = "it", .text = text, .len = len };
	struct list_builder *list = list_begin(arena);
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	cr_assert_eq(yaml_read(arena, &input, &documents, &err), 0, "%s\n%s", err.text, text);
	for (size_t i = 0; i < documents.len; i++)
		list_add(list, documents.at[i]);
	return list_end(list);
}

/* Files that the sops program made of clear.yaml, and the key they are opened with. */
static const struct {
	const char *name, *keys;
} made[] = {
	{ "all.sops.yaml", "key.txt" },
	{ "mac_only.sops.yaml", "key.txt" },
	{ "mac_only.sops.yaml", "other.txt" }, /* it has two recipients */
	{ "unencrypted_regex.sops.yaml", "key.txt" },
	{ "encrypted_suffix.sops.yaml", "key.txt" },
	{ "encrypted_comment.sops.yaml", "key.txt" },
	{ "unencrypted_comment.sops.yaml", "key.txt" },
};

/* The forms of numbers and times that sops prints. */
static const char *as_printed(struct arena *arena, const char *clear)
{
	clear = text_with(arena, clear, "0x1F", "31");
	clear = text_with(arena, clear, "1.5e3", "1500");
	clear = text_with(arena, clear, "day: 2001-12-14", "day: 2001-12-14T00:00:00Z");
	return text_with(arena, clear, "21:59:43.10-05:00", "21:59:43.1-05:00");
}

Test(sops, opens_what_sops_made)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *clear = as_printed(arena, sops_file(arena, "clear.yaml").text);

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		const struct sops_input input = sops_file(arena, made[i].name);
		const struct age_identities keys = sealed_keys(arena, made[i].keys);
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		struct err err = ERR_INIT;

		cr_assert(sops_is_sealed(&input), "%s", input.file);
		cr_assert_eq(sops_open(&input, &keys, &plain, &err), 0, "%s:%u: %s", input.file,
			     err.line, err.text);
		cr_assert_str_eq(str_text(&plain), clear, "%s", input.file);
	}
}

Test(sops, opens_several_documents)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct sops_input input = sops_file(arena, "documents.sops.yaml");
	const struct age_identities keys = sealed_keys(arena, "key.txt");
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct err err = ERR_INIT;

	cr_assert_eq(sops_open(&input, &keys, &plain, &err), 0, "%s", err.text);
	cr_assert(text_ends(str_text(&plain), "\n---\nsecond: 2\n"));
}

Test(sops, needs_as_many_groups_as_the_file_says)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct sops_input input = sops_file(arena, "groups.sops.yaml");
	struct age_identities keys = sealed_keys(arena, "key.txt");
	const struct age_text other = sealed_file(arena, "other.txt");
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct err err = ERR_INIT;

	cr_assert_lt(sops_open(&input, &keys, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_eq(age_identities_read(arena, &keys, &other, &err), 0);
	cr_assert_eq(sops_open(&input, &keys, &plain, &err), 0, "%s", err.text);
	cr_assert(text_starts(str_text(&plain), "# about the file\ntext: hello\n"));
}

/* What somebody did to a file, and how it must end. */
static const struct {
	const char *name, *file, *old, *new;
	enum err_kind kind;
} changes[] = {
	{ "a value", "all.sops.yaml", "text: ENC[AES256_GCM,data:", "text: ENC[AES256_GCM,data:AA",
	  ERR_INPUT },
	{ "a value in clear", "all.sops.yaml", "text: ENC[", "text: hello #ENC[", ERR_INPUT },
	{ "a key", "all.sops.yaml", "\ntext:", "\ntexts:", ERR_INPUT },
	{ "a value that was added", "all.sops.yaml", "\ntext:", "\nmore_unencrypted: 1\ntext:",
	  ERR_INPUT },
	{ "a readable value", "all.sops.yaml", "not a secret", "no secret", ERR_INPUT },
	{ "the MAC", "all.sops.yaml", "mac: ENC[AES256_GCM,data:", "mac: ENC[AES256_GCM,data:AA",
	  ERR_INPUT },
	{ "no MAC", "all.sops.yaml", "    mac:", "    mc:", ERR_INPUT },
	{ "an empty MAC", "all.sops.yaml", "    mac: E", "    mac: '' #", ERR_INPUT },
	{ "the time", "all.sops.yaml", "lastmodified: \"2", "lastmodified: \"3", ERR_INPUT },
	{ "which values", "all.sops.yaml", "unencrypted_suffix: _un", "unencrypted_suffix: _xx",
	  ERR_INPUT },
	{ "the MAC over less", "all.sops.yaml", "    mac: ",
	  "    mac_only_encrypted: true\n    mac: ", ERR_INPUT },
	{ "the MAC over more", "mac_only.sops.yaml", "mac_only_encrypted: true",
	  "mac_only_encrypted: false", ERR_INPUT },
	{ "the key of the file", "all.sops.yaml", "YWdl", "YWdk", ERR_INPUT },
	{ "another kind of key", "all.sops.yaml", "    age:\n", "    agx:\n", ERR_INPUT },
	{ "two ways to choose", "all.sops.yaml", "    unencrypted_suffix:",
	  "    encrypted_regex: a\n    unencrypted_suffix:", ERR_INPUT },
	{ "a bad regular expression", "mac_only.sops.yaml", "^(text|deepest)$", "^(text",
	  ERR_INPUT },
	{ "no version", "all.sops.yaml", "version: 3.13.3", "version: 3.", ERR_INPUT },
	{ "what opens the key of the file", "all.sops.yaml", "Ky95alUv", "Ky95alUw", ERR_INPUT },
	{ "the payload of that", "all.sops.yaml", "0OgRxC3J", "0OgRxC3K", ERR_INPUT },
	{ "no base64 in a value", "all.sops.yaml", "data:Auio4OM=", "data:Auio4O*=", ERR_INPUT },
	{ "no base64 in the file's key", "all.sops.yaml", "0OgRxC3J", "0OgR*C3J", ERR_INPUT },
	{ "its section as a text", "all.sops.yaml", "\nsops:", "\nsops: a\nsopss:", ERR_INPUT },
};

Test(sops, finds_every_change)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct sops_input input = sops_file(arena, changes[i].file);
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		struct err err = ERR_INIT;

		input.text = text_with(arena, input.text, changes[i].old, changes[i].new);
		input.len = strlen(input.text);
		cr_assert_lt(sops_open(&input, &keys, &plain, &err), 0, "%s", changes[i].name);
		cr_assert_eq(err.kind, changes[i].kind, "%s: %s", changes[i].name, err.text);
		cr_assert_str_eq(err.file, input.file, "%s: %s", changes[i].name, err.text);
		cr_assert_eq(plain.len, 0, "%s", changes[i].name);
	}
}

/* `one` and `two` begin with the keys of two lines, whose values change places. */
static const char *swapped(struct arena *arena, const char *text, const char *one, const char *two)
{
	const char *a = strstr(text, one) + strlen(one), *b = strstr(text, two) + strlen(two);
	int a_len = (int)strcspn(a, "\n"), b_len = (int)strcspn(b, "\n");

	return arena_printf(arena, "%.*s%.*s%.*s%.*s%s", (int)(a - text), text, b_len, b,
			    (int)(b - a - a_len), a + a_len, a_len, a, b + b_len);
}

Test(sops, finds_values_that_changed_places)
{
	static const char *const pairs[][2] = {
		{ "\nnumber: ", "\nwhole: " },		      /* another path */
		{ "\nlist:\n    - ", "=,type:str]\n    - " }, /* only the MAC tells */
	};
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct sops_input input = sops_file(arena, "all.sops.yaml");
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		const char *before = input.text;
		struct err err = ERR_INIT;

		input.text = swapped(arena, before, pairs[i][0], pairs[i][1]);
		cr_assert_eq(strlen(input.text), input.len);
		cr_assert_str_neq(input.text, before);
		cr_assert_lt(sops_open(&input, &keys, &plain, &err), 0, "%s", pairs[i][0]);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", err.text);
		cr_assert_eq(plain.len, 0);
	}
}

Test(sops, says_where_a_key_was_changed)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");
	struct sops_input input = sops_file(arena, "all.sops.yaml");
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct err err = ERR_INIT;

	input.text = text_with(arena, input.text, "Ky95alUv", "Ky95alUw");
	cr_assert_lt(sops_open(&input, &keys, &plain, &err), 0);
	cr_assert_not_null(strstr(err.text, "was changed"), "%s", err.text);
	cr_assert_gt(err.line, 30, "%s:%u:%u", err.file, err.line, err.column);
	cr_assert_gt(err.column, 1);
}

Test(sops, finds_every_cut)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct age_identities keys = sealed_keys(arena, "key.txt");
	struct sops_input input = sops_file(arena, "all.sops.yaml");
	size_t whole = input.len - 1; /* the last line end may be missing */

	for (input.len = 1; input.len < whole; input.len++) {
		struct str plain SCOPED(str_done) = STR_INIT(ROOM);
		struct err err = ERR_INIT;

		if (input.text[input.len] == '\r') /* half a line end is a whole one */
			continue;

		cr_assert_lt(sops_open(&input, &keys, &plain, &err), 0, "%zu bytes", input.len);
		cr_assert_eq(err.kind, ERR_INPUT, "%zu bytes: %s", input.len, err.text);
		cr_assert_eq(plain.len, 0, "%zu bytes", input.len);
	}
}

/* Of a file whose name does not tell: what is left is no YAML, or has values that tell. */
Test(sops, every_cut_is_noticed)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	struct sops_input input = sops_file(arena, "mac_only.sops.yaml");
	size_t first = (size_t)(strstr(input.text, ": ENC[AES") - input.text) + strlen(": ENC[AES");
	size_t whole = input.len;

	input.file = "it.yaml";
	for (input.len = first; input.len < whole; input.len++) {
		struct arena *scratch OWNED(arena_free) = arena_new("test");
		const struct yaml_input yaml = { .text = input.text, .len = input.len };
		struct yaml_documents documents;

		cr_assert(sops_is_sealed(&input) ||
				  yaml_read(scratch, &yaml, &documents, NULL) < 0,
			  "%zu bytes", input.len);
	}
}

Test(sops, wrong_and_missing_keys)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct sops_input input = sops_file(arena, "all.sops.yaml");
	const struct age_identities other = sealed_keys(arena, "other.txt"), none = { 0 };
	struct str plain SCOPED(str_done) = STR_INIT(ROOM);
	struct err err = ERR_INIT;

	cr_assert_lt(sops_open(&input, &other, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_gt(err.line, 1); /* that of the section */
	cr_assert_lt(sops_open(&input, &none, &plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	cr_assert_eq(plain.len, 0);
}

/* ---- sealing ---- */

static const struct sops_how usual = { .groups = 1, .wall = UINT64_C(1767322800) * SECOND };

struct sealing {
	struct arena *arena; /* owned */
	struct age_identities keys, others;
	struct sops_recipients group[2];
	struct sops_how how;
	struct str sealed, plain;
};

static void sealing_done(struct sealing *sealing)
{
	str_done(&sealing->sealed);
	str_done(&sealing->plain);
	arena_free(sealing->arena);
}

static void sealing_init(struct sealing *sealing)
{
	struct arena *arena = arena_new("test");
	const char **names = arena_calloc(arena, 4, sizeof(char *));

	*sealing = (struct sealing){ .arena = arena, .how = usual };
	sealing->keys = sealed_keys(arena, "key.txt");
	sealing->others = sealed_keys(arena, "other.txt");
	names[0] = age_identity_recipient(arena, &sealing->keys.at[0]);
	names[2] = age_identity_recipient(arena, &sealing->others.at[0]);
	sealing->group[0].at = names;
	sealing->group[1].at = names + 2;
	sealing->how.group = sealing->group;
	sealing->how.random = random_system();
	str_init(&sealing->sealed, ROOM);
	str_init(&sealing->plain, ROOM);
}

static struct sops_input sealed_input(const struct sealing *sealing)
{
	return (struct sops_input){ "it.sops.yaml", str_text(&sealing->sealed),
				    sealing->sealed.len };
}

static void seal(struct sealing *sealing, const char *text)
{
	const struct sops_input input = { "it.yaml", text, strlen(text) };
	struct err err = ERR_INIT;

	cr_assert_eq(sops_seal(&input, &sealing->how, &sealing->sealed, &err), 0, "%s", err.text);
}

static void open_again(struct sealing *sealing, const struct age_identities *keys)
{
	const struct sops_input input = sealed_input(sealing);
	struct err err = ERR_INIT;

	cr_assert_eq(sops_open(&input, keys, &sealing->plain, &err), 0, "%s\n%s", err.text,
		     input.text);
}

Test(sops, opens_what_it_seals)
{
	struct sealing sealing SCOPED(sealing_done);
	const char *clear;

	sealing_init(&sealing);
	clear = sops_file(sealing.arena, "clear.yaml").text;
	seal(&sealing, clear);
	cr_assert_null(strstr(str_text(&sealing.sealed), "hello"));
	cr_assert_not_null(strstr(str_text(&sealing.sealed), "not a secret"));
	open_again(&sealing, &sealing.keys);
	cr_assert_str_eq(str_text(&sealing.plain), as_printed(sealing.arena, clear));
}

static const struct {
	const char *name, *text, *plain;
} shapes[] = {
	{ "comments that look like values", "a: \"x # no\" # yes\nb: 'it''s # no'\n",
	  "a: 'x # no' # yes\nb: 'it''s # no'\n" },
	{ "a block with a comment beside it", "a: | # yes\n    # no\n    b\nc: 1\n",
	  "a: | # yes\n    # no\n    b\nc: 1\n" },
	{ "a block that ends with the file", "a: |\n  # no\n  b", "a: |-\n    # no\n    b\n" },
	{ "a block of a blank line", "a:\n  - |+\n\n  - b: 1 # yes\nc: 2\n",
	  "a:\n    - |+\n\n    - b: 1 # yes\nc: 2\n" },
	{ "a block that says its indent", "a:\n  - |2\n    # no\n    b\n  # yes\n  - 1\n",
	  "a:\n    - |\n      # no\n      b\n    # yes\n    - 1\n" },
	{ "a block with an anchor", "a:\n  - &x |\n   # no\n   b\n  - 1 # yes\n",
	  "a:\n    - |\n      # no\n      b\n    # yes\n    - 1\n" },
	{ "a block below its key", "a:\n  |\n  # no\n  b\nc: 1 # yes\n",
	  "a: |\n    # no\n    b\nc: 1 # yes\n" },
	{ "comments of a flat list", "a:\n- 1\n# two\n- 2\n# b\nb: 1\n",
	  "a:\n    - 1\n    # two\n    - 2\n# b\nb: 1\n" },
	{ "an anchor", "a: &x {b: 1}\nc: *x\n", "a:\n    b: 1\nc:\n    b: 1\n" },
	{ "a merge key", "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
	  "a:\n    b: 1\nc:\n    !!merge <<:\n        b: 1\n    d: 2\n" },
	{ "two documents", "a: 1\n---\n# two\nb: 2\n", "a: 1\n---\n# two\nb: 2\n" },
	{ "a mark before the first", "---\na: 1\n---\nb: 2 # x\n", "a: 1\n---\nb: 2 # x\n" },
	{ "quoted numbers", "a: \"1\"\nb: \"true\"\nc: \"2001-01-01\"\nd: \"~\"\n",
	  "a: \"1\"\nb: \"true\"\nc: \"2001-01-01\"\nd: \"~\"\n" },
	{ "text with CR", "a: 1 # x\r\nb: 2\r\n", "a: 1 # x\nb: 2\n" },
	{ "a key in quotes", "\"a # b\": 1\n'c: d': 2\n", "'a # b': 1\n'c: d': 2\n" },
	{ "what is no date", "a: 2001-02-30\nb: 12:30:45\n", "a: 2001-02-30\nb: \"12:30:45\"\n" },
	{ "numbers", "a: -0\nb: 1e100\nc: .inf\nd: 9223372036854775807\ne: 1_000\n",
	  "a: 0\nb: 1e+100\nc: .inf\nd: 9223372036854775807\ne: 1000\n" },
};

Test(sops, seals_every_shape)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		struct sealing sealing SCOPED(sealing_done);

		sealing_init(&sealing);
		seal(&sealing, shapes[i].text);
		open_again(&sealing, &sealing.keys);
		cr_assert_str_eq(str_text(&sealing.plain), shapes[i].plain, "%s\n%s",
				 shapes[i].name, str_text(&sealing.sealed));
	}
}

Test(sops, seals_what_a_rule_says)
{
	struct sealing sealing SCOPED(sealing_done);
	const char *text = "token: a\nname: b\ndeep:\n    token: c\n    list:\n        - d\n";
	const char *rule = "encrypted_regex: ^(token|list)$\nmac_only_encrypted: true\n";
	const struct value *tree;

	sealing_init(&sealing);
	sealing.how.rule = tree_of(sealing.arena, rule, strlen(rule));
	sealing.how.rule = value_at(sealing.how.rule, 0);
	seal(&sealing, text);
	tree = value_at(tree_of(sealing.arena, str_text(&sealing.sealed), sealing.sealed.len), 0);
	cr_assert_str_eq(value_get_text(tree, "name"), "b");
	cr_assert(text_starts(value_get_text(tree, "token"), "ENC["));
	cr_assert(text_starts(value_text(value_at(value_get(value_get(tree, "deep"), "list"), 0)),
			      "ENC["));
	cr_assert(value_bool(value_get(value_get(tree, "sops"), "mac_only_encrypted"), false));
	open_again(&sealing, &sealing.keys);
	cr_assert_str_eq(str_text(&sealing.plain), text);
}

Test(sops, seals_for_groups)
{
	struct sealing sealing SCOPED(sealing_done);
	struct sops_input input;
	struct err err = ERR_INIT;

	sealing_init(&sealing);
	sealing.how.groups = 2;
	seal(&sealing, "a: 1\n");
	input = sealed_input(&sealing);
	cr_assert_lt(sops_open(&input, &sealing.keys, &sealing.plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);

	const struct age_text other = sealed_file(sealing.arena, "other.txt");
	cr_assert_eq(age_identities_read(sealing.arena, &sealing.keys, &other, &err), 0);
	open_again(&sealing, &sealing.keys);
	cr_assert_str_eq(str_text(&sealing.plain), "a: 1\n");
}

static const struct {
	const char *name, *text;
	enum err_kind kind;
} refused[] = {
	{ "encrypted already", "a: 1\nsops:\n    mac: x\n", ERR_CONFLICT },
	{ "a section further on", "a: 1\n---\nsops: {}\n", ERR_CONFLICT },
	{ "no map", "- a\n", ERR_INPUT },
	{ "nothing at all", "", ERR_INPUT },
	{ "nothing but comments", "# one\n", ERR_INPUT },
	{ "no YAML", "a: [", ERR_INPUT },
	{ "a number too large", "a: 18446744073709551615\n", ERR_INPUT },
};

Test(sops, refuses_to_seal)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct sealing sealing SCOPED(sealing_done);
		const struct sops_input input = { "it.yaml", refused[i].text,
						  strlen(refused[i].text) };
		struct err err = ERR_INIT;

		sealing_init(&sealing);
		cr_assert_lt(sops_seal(&input, &sealing.how, &sealing.sealed, &err), 0, "%s",
			     refused[i].name);
		cr_assert_eq(err.kind, refused[i].kind, "%s: %s", refused[i].name, err.text);
		cr_assert_eq(sealing.sealed.len, 0);
	}
}

Test(sops, seals_anew_for_others)
{
	struct sealing sealing SCOPED(sealing_done);
	struct str anew SCOPED(str_done) = STR_INIT(ROOM);
	struct sops_input input;
	struct err err = ERR_INIT;

	sealing_init(&sealing);
	seal(&sealing, "a: 1\nb: # beside\n    c: 2 # two\n");
	input = sealed_input(&sealing);
	sealing.how.group++; /* the other key */
	cr_assert_eq(sops_reseal(&input, &sealing.keys, &sealing.how, &anew, &err), 0, "%s",
		     err.text);
	cr_assert_lt(sops_reseal(&input, &sealing.others, &sealing.how, &sealing.plain, &err), 0);
	cr_assert_eq(err.kind, ERR_AUTH);
	str_clear(&sealing.sealed);
	str_add(&sealing.sealed, str_text(&anew));
	open_again(&sealing, &sealing.others);
	cr_assert_str_eq(str_text(&sealing.plain), "a: 1\n# beside\nb:\n    c: 2 # two\n");
}

Test(sops, tells_sealed_files_from_others)
{
	static const struct {
		const char *file, *text;
		bool sealed;
	} rows[] = {
		{ "a.yaml", "a: 1\nsops:\n  mac: x\n", true },
		{ "a.yaml", "sops: {mac: x}\n", true },
		{ "a.json", "{\n\"sops\": {}}", true },
		{ "a.yaml", "a:\n  sops:\n    mac: x\n", false },
		{ "a.yaml", "a: ENC[AES256_GCM,data:x]\n", true },
		{ "a.yaml", "a: 1\n---\nb:\n  - c: ENC[AES256_G", true },
		{ "a.yaml", "a: |\n  b: ENC[AES256_GCM,data:x]\n  sops:\n    mac: x\n", false },
		{ "a.yaml", "a: see ENC[AES256_GCM,data:x] # ENC[AES256_GCM\n", false },
		{ "a.yaml", "a: ENC[PKCS7,x]\n", false },
		{ "a.json", "{\"a\": \"ENC[AES256_GCM,data:x]\"}", true },
		{ "a.env", "A=1\nsops_mac=ENC[AES256_GCM,data:x]\n", true },
		{ "a.env", "A=ENC[AES256_GCM,data:", true },
		{ "a.env", "A=1\n", false },
		{ "a.ini", "[a]\nb = 1\n[sops]\nmac = x\n", true },
		{ "a.ini", "[a]\nb = 1\n", false },
		{ "bundle", "{\n\t\"data\": \"ENC[\",\n\t\"sops\": {}\n}", true },
		{ "bundle", "{\"data\": 1}", false },
		{ "dir/a.sops.yaml", "a: ENC[AES256_GCM,data:x]\n", true },
		{ "dir/a.sops.yaml", "a: 1\n", false },
		{ "a.yaml", "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sops_input input = { rows[i].file, rows[i].text,
						  strlen(rows[i].text) };

		cr_assert_eq(sops_is_sealed(&input), rows[i].sealed, "%s", rows[i].text);
	}
}

Test(sops, names_keys_of_other_kinds)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const char *text = "a: b\nsops:\n    pgp:\n        - fp: AB\n          enc: x\n"
			   "    lastmodified: x\n    mac: x\n    version: 3.8.1\n";
	const struct sops_input pgp = { "it.yaml", text, strlen(text) };
	const struct sops_input age = sops_file(arena, "all.sops.yaml");
	bool only;

	cr_assert_str_eq(sops_foreign_key(arena, &pgp, &only), "pgp");
	cr_assert(only);
	cr_assert_null(sops_foreign_key(arena, &age, &only));
}

/* An SSH key or that of a plugin is for the sops program, where there is no other. */
Test(sops, names_age_keys_of_other_kinds)
{
	static const char *const recipients[] = { "ssh-ed25519 AAAA", "ssh-rsa AAAA me",
						  "age1yubikey1qqqq", "age1pq1qqqq" };
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct sops_input whole = sops_file(arena, "all.sops.yaml");
	const char *own = strstr(whole.text, "age1");

	cr_assert_not_null(own);
	own = arena_strn(arena, own, strcspn(own, "\n"));
	for (size_t i = 0; i < ARRAY_LEN(recipients); i++) {
		const char *text = text_with(arena, whole.text, own, recipients[i]);
		const struct sops_input input = { "it.yaml", text, strlen(text) };
		bool only = false;

		cr_assert_str_eq(sops_foreign_key(arena, &input, &only), "age plugin or SSH key");
		cr_assert(only, "%s", recipients[i]);
	}
}

/* A name decides, or the look of it where the name says nothing. */
Test(sops, names_stores_that_are_not_ours)
{
	static const struct {
		const char *file, *text, *store;
	} rows[] = {
		{ "versions.env", "A=ENC[AES256_GCM,data:x]\nsops_mac=x\n", "dotenv" },
		{ "a.ini", "[a]\nb = x\n[sops]\nmac = x\n", "INI" },
		{ "it", "{\"data\": \"x\", \"sops\": {}}", "binary" },
	};
	struct sealing sealing SCOPED(sealing_done);

	sealing_init(&sealing);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct sops_input input = { rows[i].file, rows[i].text,
						  strlen(rows[i].text) };
		struct err err = ERR_INIT;

		cr_assert_lt(sops_open(&input, &sealing.keys, &sealing.plain, &err), 0);
		cr_assert_eq(err.kind, ERR_INPUT);
		cr_assert_not_null(strstr(err.text, rows[i].store), "%s", err.text);
		err_clear(&err);
		cr_assert_lt(sops_seal(&input, &sealing.how, &sealing.sealed, &err), 0);
		cr_assert_not_null(strstr(err.text, rows[i].store), "%s", err.text);
	}
}

/* All of JSON, though YAML has no pairs of surrogates and other rules of where lines end. */
Test(sops, takes_json_that_is_no_yaml)
{
	struct sealing sealing SCOPED(sealing_done);
	const char *text = " \n\n {\"a\"\n:\n\"\\ud83d\\ude00\\/\"}\n";
	const struct sops_input clear = { "it.json", text, strlen(text) };
	struct sops_input sealed = { "it.json", NULL, 0 };
	struct err err = ERR_INIT;

	sealing_init(&sealing);
	cr_assert_eq(sops_seal(&clear, &sealing.how, &sealing.sealed, &err), 0, "%s", err.text);
	sealed.text = str_text(&sealing.sealed);
	sealed.len = sealing.sealed.len;
	cr_assert_eq(sops_open(&sealed, &sealing.keys, &sealing.plain, &err), 0, "%s", err.text);
	cr_assert_str_eq(str_text(&sealing.plain), "{\n\t\"a\": \"\xf0\x9f\x98\x80/\"\n}\n");
}

Test(sops, refuses_json_that_is_none)
{
	static const char *const texts[] = { "a: 1\n", "{\"a\": 1,}", "{\"a\": 1} x",
					     "{\"a\": 1 # one\n}", "[1]", "{'a': 1}" };
	struct sealing sealing SCOPED(sealing_done);

	sealing_init(&sealing);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const struct sops_input clear = { "it.json", texts[i], strlen(texts[i]) };
		struct err err = ERR_INIT;

		cr_assert_lt(sops_seal(&clear, &sealing.how, &sealing.sealed, &err), 0, "%s",
			     texts[i]);
		cr_assert_eq(err.kind, ERR_INPUT, "%s", err.text);
	}
}

Test(sops, keeps_json_as_json)
{
	struct sealing sealing SCOPED(sealing_done);
	const char *text =
		"{\n\t\"a\": \"b\",\n\t\"c\": [\n\t\t1,\n\t\ttrue,\n\t\tnull\n\t]\n}\n";
	const struct sops_input clear = { "it.json", text, strlen(text) };
	struct sops_input sealed = { "it.json", NULL, 0 };
	struct err err = ERR_INIT;

	sealing_init(&sealing);
	cr_assert_eq(sops_seal(&clear, &sealing.how, &sealing.sealed, &err), 0, "%s", err.text);
	sealed.text = str_text(&sealing.sealed);
	sealed.len = sealing.sealed.len;
	cr_assert_eq(sealed.text[0], '{');
	cr_assert(sops_is_sealed(&sealed));
	cr_assert_not(sops_is_sealed(&clear));
	cr_assert_eq(sops_open(&sealed, &sealing.keys, &sealing.plain, &err), 0, "%s", err.text);
	cr_assert_str_eq(str_text(&sealing.plain), text);
}
