#include "base/text.h"
#include "convert/go_run.h"
#include "crypto/digest.h"

#include <string.h>

#define TEXT_MAX (1 << 20)

static int give(struct go_run *run, const char *at, size_t len, struct go_value *out)
{
	*out = go_of_text(go_text_copy(run, at, len));
	return go_charge(run, len);
}

static void drop_last(struct str *built, size_t from)
{
	size_t len = built->len;

	while (len > from && built->at[len - 1] != '/')
		len--;
	str_cut(built, len > from ? len - 1 : from);
}

static bool ends_in_dots(const struct str *built, size_t root)
{
	size_t len = built->len - root;
	const char *end = str_text(built) + built->len;

	return (len == 2 || (len > 2 && end[-3] == '/')) && memcmp(end - 2, "..", 2) == 0;
}

static void add_element(struct str *built, size_t root, const char *at, size_t len)
{
	if (len == 0 || (len == 1 && *at == '.'))
		return;
	if (len == 2 && memcmp(at, "..", 2) == 0) {
		if (built->len > root && !ends_in_dots(built, root)) {
			drop_last(built, root);
			return;
		}
		if (root > 0)
			return;
	}
	if (built->len > root)
		str_addc(built, '/');
	str_addn(built, at, len);
}

/* The shortest path that says the same. */
static void clean(struct str *built, const char *at, size_t len)
{
	size_t root = len > 0 && *at == '/';

	str_addn(built, "/", root);
	for (size_t i = 0; i <= len; i++) {
		const char *end = i < len ? memchr(at + i, '/', len - i) : NULL;
		size_t element = end ? (size_t)(end - at) - i : len - i;

		add_element(built, root, at + i, element);
		i += element;
	}
	if (built->len == 0)
		str_addc(built, '.');
}

static int do_clean(struct go_run *run, const struct go_value *arg, size_t args,
		    struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);

	(void)args;
	clean(&built, arg->text.at, arg->text.len);
	return go_text_take(run, &built, out);
}

/* The bytes up to and with the last slash. */
static size_t folder_len(struct go_text path)
{
	size_t len = path.len;

	while (len > 0 && path.at[len - 1] != '/')
		len--;
	return len;
}

static int do_dir(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);

	(void)args;
	clean(&built, arg->text.at, folder_len(arg->text));
	return go_text_take(run, &built, out);
}

static int do_base(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	struct go_text path = arg->text;

	(void)args;
	if (path.len == 0)
		return give(run, ".", 1, out);
	while (path.len > 0 && path.at[path.len - 1] == '/')
		path.len--;
	if (path.len == 0)
		return give(run, "/", 1, out);

	size_t from = folder_len(path);

	return give(run, path.at + from, path.len - from, out);
}

static int do_ext(struct go_run *run, const struct go_value *arg, size_t args,
		  struct go_value *out)
{
	struct go_text path = arg->text;
	size_t from = folder_len(path);
	const char *dot = memrchr(path.at + from, '.', path.len - from);

	(void)args;
	return dot ? give(run, dot, (size_t)(path.at + path.len - dot), out)
		   : give(run, "", 0, out);
}

static int do_is_abs(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	(void)run;
	(void)args;
	*out = go_of_bool(arg->text.len > 0 && arg->text.at[0] == '/');
	return 0;
}

static const char letters32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static int do_b32enc(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	uint64_t bits = 0;
	unsigned count = 0;

	(void)args;
	for (size_t i = 0; i < arg->text.len; i++) {
		bits = (bits << 8) | (unsigned char)arg->text.at[i];
		for (count += 8; count >= 5; count -= 5)
			str_addc(&built, letters32[(bits >> (count - 5)) & 31]);
	}
	if (count > 0)
		str_addc(&built, letters32[(bits << (5 - count)) & 31]);
	while (built.len % 8 != 0)
		str_addc(&built, '=');
	return go_text_take(run, &built, out);
}

/* How many letters a group of eight may have before its padding. */
static bool is_group(size_t letters)
{
	return letters == 0 || letters == 2 || letters == 4 || letters == 5 || letters == 7;
}

static int do_b32dec(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	struct str built SCOPED(str_done) = STR_INIT(TEXT_MAX);
	size_t letters = 0, padding = 0;
	uint64_t bits = 0;
	unsigned count = 0;

	(void)args;
	for (size_t i = 0; i < arg->text.len; i++) {
		char c = arg->text.at[i];
		const char *found = c ? strchr(letters32, c) : NULL;

		if (c == '\r' || c == '\n')
			continue;
		if (c == '=') {
			padding++;
			continue;
		}
		if (!found || padding > 0)
			return go_fail(run, "this is not base32");
		letters++;
		bits = (bits << 5) | (uint64_t)(found - letters32);
		count += 5;
		if (count >= 8) {
			count -= 8;
			str_addc(&built, (char)((bits >> count) & 0xff));
		}
	}
	if (!is_group(letters % 8) || (letters + padding) % 8 != 0 || padding > 7)
		return go_fail(run, "this is not base32");
	return go_text_take(run, &built, out);
}

static int give_hex(struct go_run *run, const unsigned char *sum, size_t len, struct go_value *out)
{
	const char *text = hex_encode(run->arena, sum, len);

	return give(run, text, strlen(text), out);
}

static int do_sha1(struct go_run *run, const struct go_value *arg, size_t args,
		   struct go_value *out)
{
	unsigned char sum[SHA1_SIZE];

	(void)args;
	sha1(arg->text.at, arg->text.len, sum);
	return give_hex(run, sum, sizeof(sum), out);
}

static int do_sha512(struct go_run *run, const struct go_value *arg, size_t args,
		     struct go_value *out)
{
	unsigned char sum[SHA512_SIZE];

	(void)args;
	sha512(arg->text.at, arg->text.len, sum);
	return give_hex(run, sum, sizeof(sum), out);
}

static int do_adler32(struct go_run *run, const struct go_value *arg, size_t args,
		      struct go_value *out)
{
	uint32_t a = 1, b = 0;

	(void)args;
	for (size_t i = 0; i < arg->text.len; i++) {
		a = (a + (unsigned char)arg->text.at[i]) % 65521;
		b = (b + a) % 65521;
	}

	const char *text = arena_printf(run->arena, "%lu", (unsigned long)b << 16 | a);

	return give(run, text, strlen(text), out);
}

static const struct go_function rows[] = {
	{ "base", "s", do_base },
	{ "dir", "s", do_dir },
	{ "clean", "s", do_clean },
	{ "ext", "s", do_ext },
	{ "isAbs", "s", do_is_abs },
	{ "osBase", "s", do_base },
	{ "osDir", "s", do_dir },
	{ "osClean", "s", do_clean },
	{ "osExt", "s", do_ext },
	{ "osIsAbs", "s", do_is_abs },
	{ "b32enc", "s", do_b32enc },
	{ "b32dec", "s", do_b32dec },
	{ "sha1sum", "s", do_sha1 },
	{ "sha512sum", "s", do_sha512 },
	{ "adler32sum", "s", do_adler32 },
};

const struct go_functions go_path_functions = { rows, ARRAY_LEN(rows) };
