#include "render/scalar_forms.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/own.h"
#include "base/secret.h"
#include "base/text.h"
#include "render/fault.h"
#include "render/sizes.h"
#include "render/url.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reading {
	struct arena *arena;
	const struct schema_field *field;
	const struct value *value;
	const char *text;      /* of the value */
	enum scalar_type type; /* of the result: SCALAR_STR unless said otherwise */
	const char *out;
};

typedef bool read_fn(struct reading *r);

struct form {
	const char *name;
	read_fn *read;
	const char *zero; /* NULL: an empty text */
	enum scalar_type zero_type;
	bool selects;
	enum release merges_since;
};

static bool read_text(struct reading *r)
{
	r->out = r->field->trim ? r->text + strspn(r->text, "\t\n\v\f\r") : r->text;
	return true;
}

static bool read_bool(struct reading *r)
{
	bool flag;

	if (!value_truth(r->value, &flag))
		return false;
	r->type = SCALAR_BOOL;
	r->out = flag ? "true" : "false";
	return true;
}

struct range {
	int64_t min;
	uint64_t max;
};

static const struct range ranges[TYPE_COUNT] = {
	[TYPE_INT] = { INT64_MIN, INT64_MAX },
	[TYPE_I32] = { INT32_MIN, INT32_MAX },
	[TYPE_U8] = { 0, UINT8_MAX },
	[TYPE_U16] = { 0, UINT16_MAX },
	[TYPE_U32] = { 0, UINT32_MAX },
	[TYPE_U64] = { 0, UINT64_MAX },
};

/* 1e3 and 2.0 are whole numbers too. */
static const struct value *whole_number(const struct reading *r)
{
	double number;

	if (value_type(r->value) != SCALAR_FLOAT || !value_double(r->value, &number) ||
	    number < -9e15 || number > 9e15 || number != (double)(int64_t)number)
		return r->value;
	return value_of_int(r->arena, (int64_t)number);
}

static bool read_int(struct reading *r)
{
	const struct range *range = &ranges[r->field->type];
	const struct value *value = whole_number(r);
	uint64_t positive;
	int64_t number;

	r->type = SCALAR_INT;
	if (value_u64(value, &positive)) {
		r->out = arena_printf(r->arena, "%" PRIu64, positive);
		return positive <= range->max;
	}
	if (!value_i64(value, &number))
		return false;
	r->out = arena_printf(r->arena, "%" PRId64, number);
	return number >= range->min;
}

/* Signs are taken, and nothing is 0. */
static bool word_number(const char *text, int64_t *out)
{
	const char *digits = text + (text[0] == '+' || text[0] == '-');

	*out = 0;
	if (!text[0])
		return true;
	return isdigit((unsigned char)*digits) && text_i64(text + (text[0] == '+'), out);
}

static bool read_word(struct reading *r)
{
	int64_t number, at = 0;
	bool numbered = r->field->numbered && word_number(r->text, &number);

	for (const char *const *word = r->field->words; *word; word++, at++) {
		if (!strcasecmp(*word, r->text) || (numbered && number == at)) {
			r->out = *word;
			return true;
		}
	}
	return false;
}

static bool read_duration(struct reading *r)
{
	char text[TIME_TEXT_MAX];
	bool negative = r->text[0] == '-';
	uint64_t duration;

	if (value_u64(r->value, &duration) && !duration) {
		r->out = "0s";
		return true;
	}
	if (!value_is_str(r->value) || duration_parse(r->text + negative, &duration) < 0)
		return false;
	r->out = arena_printf(r->arena, "%s%s", negative && duration ? "-" : "",
			      duration_text(duration, text));
	return true;
}

static bool read_url(struct reading *r)
{
	struct url url;

	if (!url_parse(r->arena, r->text, &url))
		return false;
	r->out = url_text(r->arena, &url);
	return true;
}

/* IPv6 addresses may have a zone: fe80::1%eth0. It is taken off, with its percent sign; NULL when
 * it has no name. */
static const char *cut_zone(struct arena *arena, char *address)
{
	char *zone = strchr(address, '%');

	if (!zone)
		return "";
	if (!zone[1])
		return NULL;
	const char *out = arena_str(arena, zone);
	*zone = '\0';
	return out;
}

static bool read_address(struct reading *r)
{
	char *address = arena_str(r->arena, r->text);
	char text[IP_TEXT_MAX];
	struct ip ip;

	r->out = "";
	if (!r->text[0])
		return true;
	const char *zone = cut_zone(r->arena, address);
	if (!zone || !ip_parse(address, &ip) || (*zone && ip.family != 6))
		return false;
	r->out = arena_printf(r->arena, "%s%s", ip_text(&ip, text), zone);
	return true;
}

static bool read_prefix(struct reading *r)
{
	char text[IP_TEXT_MAX];
	struct ip_prefix prefix;

	r->out = "";
	if (!r->text[0])
		return true;
	if (!strchr(r->text, '/') || !ip_prefix_parse(r->text, &prefix))
		return false;
	r->out = arena_str(r->arena, ip_prefix_text(&prefix, text));
	return true;
}

/* Port 0 is one too; IPv6 needs brackets. */
static bool read_socket(struct reading *r)
{
	const char *colon = strrchr(r->text, ':');
	bool bracket = r->text[0] == '[';
	char text[IP_TEXT_MAX];
	uint64_t port;
	struct ip ip;

	r->out = "";
	if (!r->text[0])
		return true;
	if (!colon || !isdigit((unsigned char)colon[1]) || !text_u64(colon + 1, &port) ||
	    port > UINT16_MAX || (bracket && colon[-1] != ']'))
		return false;
	size_t len = (size_t)(colon - r->text) - 2 * bracket;
	char *address = arena_strn(r->arena, r->text + bracket, len);
	const char *zone = cut_zone(r->arena, address);
	if (!zone || !ip_parse(address, &ip) || (ip.family == 6) != bracket ||
	    (*zone && !bracket))
		return false;
	r->out = arena_printf(r->arena, bracket ? "[%s%s]:%" PRIu64 : "%s%s:%" PRIu64,
			      ip_text(&ip, text), zone, port);
	return true;
}

static bool read_hardware(struct reading *r)
{
	size_t digits = 0, len = strlen(r->text);
	char *out = arena_alloc(r->arena, len * 2 + 1);
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (r->text[i] == ':')
			continue;
		if (!isxdigit((unsigned char)r->text[i]))
			return false;
		if (digits && digits % 2 == 0)
			out[at++] = ':';
		out[at++] = (char)tolower((unsigned char)r->text[i]);
		digits++;
	}
	r->out = out;
	return digits % 2 == 0;
}

static bool read_table(struct reading *r)
{
	static const char *const names[] = { "unspec", "default", "main", "local" };
	char number[24];
	uint64_t id;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		r->out = names[i];
		if (!strcasecmp(names[i], r->text))
			return true;
	}
	r->out = r->text;
	if (!text_u64(r->text, &id) || id < 1 || id > 252)
		return false;
	snprintf(number, sizeof(number), "%" PRIu64, id);
	return !strcmp(number, r->text);
}

static bool read_bytes(struct reading *r)
{
	const char *text = r->text + (r->text[0] == '-');
	uint64_t size;

	r->out = r->text;
	return !r->text[0] || size_parse(text, &size);
}

static bool read_size(struct reading *r)
{
	const char *text = r->text + (r->text[0] == '-');
	char *end;

	if (!strchr(r->text, '%'))
		return read_bytes(r);
	r->out = r->text;
	if (!isdigit((unsigned char)*text) && *text != '.')
		return false;
	double percent = strtod(text, &end);
	return !strcmp(end, "%") && percent >= 0 && percent <= 100;
}

static bool read_disk_size(struct reading *r)
{
	uint64_t size, again;

	if (!size_parse(r->text, &size))
		return false;
	r->out = size_print(r->arena, size);
	if (size && size % 1000 == 0 && size_parse(r->out, &again) && again == size)
		return true;
	r->type = SCALAR_INT;
	r->out = arena_printf(r->arena, "%" PRIu64, size);
	return true;
}

static bool read_disk_match(struct reading *r)
{
	static const char *const signs[] = { ">=", "<=", ">", "<", "==" };
	const char *text = r->text + strspn(r->text, " \t\n");
	size_t len = strlen(text);
	uint64_t size;

	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	r->out = text = arena_strn(r->arena, text, len);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (text_starts(text, signs[i])) {
			text += strlen(signs[i]);
			break;
		}
	}
	return size_parse(text + strspn(text, " \t"), &size);
}

static bool read_mode(struct reading *r)
{
	uint64_t mode;

	if (!value_u64(whole_number(r), &mode) || mode > UINT32_MAX)
		return false;
	r->type = SCALAR_INT;
	r->out = arena_printf(r->arena, "0o%" PRIo64, mode);
	return true;
}

static bool read_base64(struct reading *r)
{
	size_t len;

	r->out = r->text;
	if (!strcmp(r->text, "******") || !r->text[0])
		return true;
	unsigned char *data = base64_decode(r->arena, r->text, &len);
	if (!data)
		return false;
	r->out = base64_encode(r->arena, data, len);
	return true;
}

static bool port_read(const char *text, uint64_t *port)
{
	return isdigit((unsigned char)text[0]) && text_u64(text, port) && *port <= UINT16_MAX;
}

static bool read_ports(struct reading *r)
{
	uint64_t low, high;

	r->type = SCALAR_INT;
	if (value_u64(whole_number(r), &low)) {
		r->out = arena_printf(r->arena, "%" PRIu64, low);
		return low <= UINT16_MAX;
	}
	const char *dash = strchr(r->text, '-');
	if (!dash || !port_read(dash + 1, &high) ||
	    !port_read(arena_strn(r->arena, r->text, (size_t)(dash - r->text)), &low))
		return false;
	if (low == high) {
		r->out = arena_printf(r->arena, "%" PRIu64, low);
		return true;
	}
	r->type = SCALAR_STR;
	r->out = arena_printf(r->arena, "%" PRIu64 "-%" PRIu64, low, high);
	return true;
}

#define FORM(wanted, reads) .name = (wanted), .read = (reads)

static const struct form forms[TYPE_COUNT] = {
	[TYPE_TEXT] = { FORM("a text", read_text), .selects = true },
	[TYPE_BOOL] = { FORM("true or false", read_bool),
			.zero = "false", .zero_type = SCALAR_BOOL },
	[TYPE_INT] = { FORM("a whole number", read_int),
		       .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_I32] = { FORM("a whole number of 32 bits", read_int),
		       .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_U8] = { FORM("a whole number up to 255", read_int),
		      .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_U16] = { FORM("a whole number up to 65535", read_int),
		       .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_U32] = { FORM("a whole number from 0 to 4294967295", read_int),
		       .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_U64] = { FORM("a whole number that is not negative", read_int),
		       .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_WORD] = { FORM("one of the known words", read_word), .selects = true },
	[TYPE_DURATION] = { FORM("a duration such as 1h30m", read_duration),
			    .zero = "0s", .selects = true },
	[TYPE_URL] = { FORM("a URL", read_url), .selects = true },
	[TYPE_ADDRESS] = { FORM("an IP address", read_address), .selects = true,
			   .merges_since = RELEASE_1_14 },
	[TYPE_PREFIX] = { FORM("an IP prefix such as 10.0.0.0/8", read_prefix), .selects = true,
			  .merges_since = RELEASE_1_14 },
	[TYPE_SOCKET] = { FORM("an address with a port", read_socket), .selects = true,
			  .merges_since = RELEASE_1_14 },
	[TYPE_HARDWARE] = { FORM("a hardware address such as aa:bb:cc:00:11:22", read_hardware),
			    .selects = true },
	[TYPE_TABLE] = { FORM("a routing table: 1 to 252, default, main or local", read_table),
			 .zero = "unspec",
			 .selects = true },
	[TYPE_BYTES] = { FORM("a size such as 10GB", read_bytes) },
	[TYPE_SIZE] = { FORM("a size such as 10GB or 50%", read_size) },
	[TYPE_DISK_SIZE] = { FORM("a size such as 10GB", read_disk_size),
			     .zero = "0", .zero_type = SCALAR_INT },
	[TYPE_DISK_MATCH] = { FORM("a comparison of sizes such as >= 100GB", read_disk_match) },
	[TYPE_CEL] = { FORM("a CEL expression", read_text), .selects = true },
	[TYPE_MODE] = { FORM("file permissions such as 0o644, not in quotes", read_mode),
			.zero = "0o0", .zero_type = SCALAR_INT, .selects = true },
	[TYPE_BASE64] = { FORM("base64", read_base64) },
	[TYPE_PORTS] = { FORM("a port or a range such as 80-90", read_ports),
			 .zero = "0", .zero_type = SCALAR_INT,
			 .selects = true },
	[TYPE_ARGUMENT] = { FORM("a text or a list of texts", read_text) },
	[TYPE_FREE] = { FORM("a mapping", NULL) },
	[TYPE_STRUCT] = { FORM("a mapping", NULL) },
};

const char *scalar_form_name(enum schema_type type)
{
	return forms[type].name;
}

bool scalar_form_selects(enum schema_type type)
{
	return forms[type].selects;
}

bool scalar_form_selects_empty(enum schema_type type)
{
	return type != TYPE_ADDRESS && type != TYPE_PREFIX && type != TYPE_SOCKET;
}

bool scalar_form_merges(enum schema_type type, enum release release)
{
	return release >= forms[type].merges_since;
}

static const char *zero_text(const struct schema_field *field)
{
	if (field->zero)
		return field->zero;
	if (field->type == TYPE_WORD)
		return field->words[0];
	return forms[field->type].zero ? forms[field->type].zero : "";
}

const struct value *scalar_form_zero(struct arena *arena, const struct schema_field *field)
{
	return value_scalar(arena, forms[field->type].zero_type, zero_text(field), false);
}

static bool text_is(const struct value *value, const char *text)
{
	return value_text_len(value) == strlen(text) && !strcmp(value_text(value), text);
}

bool scalar_form_is_zero(const struct schema_field *field, const struct value *value)
{
	const char *text = value_text(value);

	return !text || text_is(value, zero_text(field));
}

static int wrong(const struct reading *r, struct err *err)
{
	const char *quote = value_was_quoted(r->value) ? "\"" : "";

	if (r->field->secret || value_is_sensitive(r->value) || r->field->type == TYPE_BASE64 ||
	    secret_suspected(r->text))
		return fault(err, value_src(r->value), "%s is wanted here",
			     forms[r->field->type].name);
	fault(err, value_src(r->value), "%s%s%s is not %s", quote, r->text, quote,
	      forms[r->field->type].name);
	if (r->field->type == TYPE_WORD) {
		size_t count = 0;

		while (r->field->words[count])
			count++;
		const char *near = text_nearest(r->text, r->field->words, count);

		err_hint(err, "%s \"%s\"", near ? "did you mean" : "one of them is",
			 near ? near : r->field->words[0]);
	}
	return -1;
}

int scalar_form(struct arena *arena, const struct schema_field *field, const struct value *value,
		const struct value **out, struct err *err)
{
	struct reading r = { arena, field, value, value_text(value), SCALAR_STR, NULL };

	if (!r.text)
		return fault(err, value_src(value), "%s is wanted here, not a %s",
			     forms[field->type].name, value_is_map(value) ? "mapping" : "list");
	bool has_nul = strlen(r.text) != value_text_len(value);
	if ((has_nul && forms[field->type].read != read_text) || !forms[field->type].read(&r))
		return wrong(&r, err);

	/* A text may hold NUL bytes, so one that is taken over as it is keeps its length. */
	struct scalar_form form = {
		.type = r.type,
		.quoted = r.type == SCALAR_STR && value_was_quoted(value),
		.sensitive = field->secret || value_is_sensitive(value),
		.src = value_src(value),
	};
	size_t len = r.out == r.text ? value_text_len(value) : strlen(r.out);
	*out = value_scalar_form(arena, r.out, len, &form);
	return 0;
}
