#include "tree/yaml.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/own.h"
#include "base/text.h"
#include "base/utf8.h"
#include "tree/scalar.h"

#include <string.h>
#include <yaml.h>

#define TAG_PREFIX "tag:yaml.org,2002:"

const struct yaml_limits yaml_limits_default = {
	.bytes = FS_FILE_MAX,
	.depth = 100,
	.values = 1000000,
};

/* What an anchor names. `value` is NULL while the value is still being read. */
struct anchor {
	const struct value *value;
	size_t weight; /* values in it, aliases expanded */
};

struct reader {
	struct arena *arena;
	const struct yaml_input *input;
	const struct yaml_limits *limits;
	const char *file;
	yaml_parser_t *parser;
	struct map *anchors; /* of all documents so far: they carry over */
	size_t values;	     /* read so far, aliases expanded */
	unsigned depth;
};

/* A map being read, with what its merge key names. */
struct map_reader {
	struct map_builder *map;
	const struct value *merged; /* a map, a list of maps, or NULL */
	struct src merge_src;
};

static struct src src_at(const struct reader *reader, yaml_mark_t mark)
{
	return (struct src){ reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

static int fail_at(struct err *err, struct src src)
{
	return err_at(err, src.file, src.line, src.column);
}

/* ---- what libyaml says, in our words ---- */

struct complaint {
	const char *part; /* of libyaml's text */
	const char *text, *hint;
};

static const struct complaint complaints[] = {
	{ "mapping values are not allowed", "a \": \" stands where no key can be",
	  "put quotes around text that holds \": \", and check the indentation" },
	{ "did not find expected key", "a key is expected here",
	  "check the indentation of this line and the lines before it" },
	{ "did not find expected '-'", "a list entry is expected here",
	  "check the indentation of this line and the lines before it" },
	{ "could not find expected ':'", "a \":\" is missing after a key",
	  "write \"key: value\", and check the quotes and brackets above" },
	{ "did not find expected ',' or ']'", "a list in brackets has no end",
	  "write a comma between entries and a ] at the end" },
	{ "did not find expected ',' or '}'", "a map in braces has no end",
	  "write a comma between entries and a } at the end" },
	{ "unexpected end of stream", "a quoted text has no end", "add the closing quote" },
	{ "unexpected document indicator", "a quoted text has no end", "add the closing quote" },
	{ "did not find expected <document start>", "text stands outside of any document",
	  "start a new document with a line of three dashes" },
	{ "incompatible YAML document", "the %YAML directive names an unknown version",
	  "remove the line" },
	{ "undefined tag handle", "a tag uses a handle that no %TAG directive defines", NULL },
	{ "unknown escape character", "a backslash is followed by an unknown letter",
	  "double the backslash, or use single quotes" },
	{ "did not find expected hexdecimal", "an escape needs more hexadecimal digits", NULL },
	{ "invalid Unicode character", "an escape names no character", NULL },
	{ "alphabetic or numeric character", "an anchor or alias needs a name", NULL },
	{ "block sequence entries are not allowed", "a list entry cannot stand here",
	  "put the list on lines of its own below its key" },
	{ "mapping keys are not allowed", "a key cannot stand here",
	  "check the indentation of this line" },
	{ "did not find expected node content", "a value is expected here", NULL },
	{ "nesting", "brackets are nested too deeply", NULL },
};

static bool only_blanks_before(const char *line, const char *at)
{
	while (line < at && (*line == ' ' || *line == '\t' || *line == '-' || *line == '?'))
		line++;
	return line >= at;
}

/* Whether a tab stands in the indentation of the line that holds the byte `index`. */
static bool is_tab_indented(const struct yaml_input *input, size_t index)
{
	const char *end = input->text + input->len;
	const char *line = input->text + (index < input->len ? index : input->len);
	const char *tab;

	while (line > input->text && line[-1] != '\n')
		line--;
	for (tab = line; tab < end && (*tab == ' ' || *tab == '-'); tab++)
		;
	return tab < end && *tab == '\t' && only_blanks_before(line, tab);
}

static struct src src_of_offset(const struct reader *reader, size_t offset)
{
	struct src src = { reader->file, 1, 1 };

	for (size_t i = 0; i < offset && i < reader->input->len; i++) {
		src.column++;
		if (reader->input->text[i] == '\n')
			src = (struct src){ reader->file, src.line + 1, 1 };
	}
	return src;
}

/* The byte where line `line` (from 0) starts. libyaml counts characters, we need bytes. */
static size_t line_offset(const struct yaml_input *input, size_t line)
{
	const char *at = input->text, *end = input->text + input->len;

	for (; line > 0; line--) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		if (!next)
			break;
		at = next + 1;
	}
	return (size_t)(at - input->text);
}

static int fail_complaint(const struct reader *reader, struct err *err)
{
	const char *problem = reader->parser->problem ? reader->parser->problem : "it is not YAML";
	struct src src = src_at(reader, reader->parser->problem_mark);

	for (size_t i = 0; i < ARRAY_LEN(complaints); i++) {
		const struct complaint *complaint = &complaints[i];
		if (!strstr(problem, complaint->part))
			continue;
		err_set(err, ERR_INPUT, "%s", complaint->text);
		if (complaint->hint)
			err_hint(err, "%s", complaint->hint);
		return fail_at(err, src);
	}
	err_set(err, ERR_INPUT, "this is not YAML: %s", problem);
	return fail_at(err, src);
}

static int fail_parse(const struct reader *reader, struct err *err)
{
	const yaml_parser_t *parser = reader->parser;
	size_t line = parser->problem_mark.line;

	if (parser->error == YAML_READER_ERROR) {
		err_set(err, ERR_INPUT, "the character U+%04X is not allowed in YAML",
			(unsigned)parser->problem_value);
		err_hint(err, "inside double quotes it can be written as an escape");
		return fail_at(err, src_of_offset(reader, parser->problem_offset));
	}
	if (is_tab_indented(reader->input, line_offset(reader->input, line))) {
		err_set(err, ERR_INPUT, "a tab is used as indentation");
		err_hint(err, "indent with spaces");
		return fail_at(err, src_at(reader, parser->problem_mark));
	}
	return fail_complaint(reader, err);
}

static int next_event(struct reader *reader, yaml_event_t *event, struct err *err)
{
	return yaml_parser_parse(reader->parser, event) ? 0 : fail_parse(reader, err);
}

/* libyaml's copy of a text must not outlive ours where it may be a key. */
static void event_done(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value)
		explicit_bzero(event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

/* ---- limits ---- */

static int count_values(struct reader *reader, size_t count, struct src src, struct err *err)
{
	reader->values += count;
	if (reader->values <= reader->limits->values)
		return 0;
	err_set(err, ERR_INPUT, "more than %zu values, with aliases expanded",
		reader->limits->values);
	return fail_at(err, src);
}

static int enter(struct reader *reader, struct src src, struct err *err)
{
	if (++reader->depth <= reader->limits->depth)
		return 0;
	err_set(err, ERR_INPUT, "nested more than %u levels deep", reader->limits->depth);
	return fail_at(err, src);
}

/* ---- anchors ---- */

static struct anchor *anchor_open(struct reader *reader, const yaml_char_t *name)
{
	struct anchor *anchor;

	if (!name)
		return NULL;
	anchor = arena_alloc(reader->arena, sizeof(*anchor));
	map_put(reader->anchors, (const char *)name, anchor);
	return anchor;
}

static void anchor_close(struct anchor *anchor, const struct value *value, size_t weight)
{
	if (!anchor)
		return;
	anchor->value = value;
	anchor->weight = weight;
}

static int read_alias(struct reader *reader, const yaml_event_t *event, const struct value **out,
		      struct err *err)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct src src = src_at(reader, event->start_mark);
	const struct anchor *anchor = map_get(reader->anchors, name);

	if (!anchor) {
		err_set(err, ERR_INPUT, "nothing above has the anchor \"%s\"", name);
		err_hint(err, "text that starts with * needs quotes");
		return fail_at(err, src);
	}
	if (!anchor->value) {
		err_set(err, ERR_INPUT, "the value of the anchor \"%s\" contains itself", name);
		return fail_at(err, src);
	}
	*out = anchor->value;
	return count_values(reader, anchor->weight, src, err);
}

/* ---- scalars ---- */

struct tag {
	const char *name;
	enum scalar_sense sense;
};

/* Tags that say what a scalar must be. */
static const struct tag tags[] = {
	{ "null", SENSE_NULL },
	{ "bool", SENSE_BOOL },
	{ "int", SENSE_INT },
	{ "float", SENSE_FLOAT },
};

static const enum scalar_type types[] = {
	[SENSE_STR] = SCALAR_STR,
	[SENSE_NULL] = SCALAR_STR,
	[SENSE_BOOL] = SCALAR_BOOL,
	[SENSE_INT] = SCALAR_INT,
	[SENSE_FLOAT] = SCALAR_FLOAT,
	[SENSE_TIME] = SCALAR_STR,
	[SENSE_MERGE] = SCALAR_STR,
};

static const char *core_tag(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;

	return tag && text_starts(tag, TAG_PREFIX) ? tag + strlen(TAG_PREFIX) : NULL;
}

static int fail_tag(const struct reader *reader, const yaml_event_t *event, const char *tag,
		    struct err *err)
{
	err_set(err, ERR_INPUT, "the tag !!%s does not fit its value", tag);
	return fail_at(err, src_at(reader, event->start_mark));
}

/* The sense of a scalar after its tag, if it has one, had its say. */
static int tagged_sense(const struct reader *reader, const yaml_event_t *event,
			enum scalar_sense *out, struct err *err)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	const char *tag = core_tag(event);

	*out = SENSE_STR;
	if (event->data.scalar.plain_implicit) {
		*out = scalar_sense(text, len);
		return 0;
	}
	for (size_t i = 0; tag && i < ARRAY_LEN(tags); i++) {
		if (strcmp(tag, tags[i].name) != 0)
			continue;
		enum scalar_sense sense = scalar_sense(text, len);
		bool fits = sense == tags[i].sense ||
			    (sense == SENSE_INT && tags[i].sense == SENSE_FLOAT);
		*out = tags[i].sense;
		return fits ? 0 : fail_tag(reader, event, tag, err);
	}
	return 0;
}

static int read_binary(const struct reader *reader, const yaml_event_t *event,
		       const struct scalar_form *form, const struct value **out, struct err *err)
{
	size_t len;
	const unsigned char *data =
		base64_decode(reader->arena, (const char *)event->data.scalar.value, &len);

	if (!data)
		return fail_tag(reader, event, "binary", err);
	*out = value_scalar_form(reader->arena, (const char *)data, len, form);
	return 0;
}

/* `!!float 0x10` is a float whose text is that of an integer: the text becomes that of a float. */
static const struct value *read_float(const struct reader *reader, const yaml_event_t *event,
				      const struct scalar_form *form)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	char float_text[SCALAR_FLOAT_MAX];
	struct scalar_int whole;

	if (!scalar_int(text, len, &whole))
		return value_scalar_form(reader->arena, text, len, form);
	scalar_float_text(whole.negative ? -(double)whole.magnitude : (double)whole.magnitude,
			  float_text);
	return value_scalar_form(reader->arena, float_text, strlen(float_text), form);
}

static int read_scalar(struct reader *reader, const yaml_event_t *event, const struct value **out,
		       struct err *err)
{
	const char *tag = core_tag(event);
	enum scalar_sense sense;
	struct scalar_form form = {
		.quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE,
		.sensitive = reader->input->sensitive,
		.src = src_at(reader, event->start_mark),
	};

	if (tag && strcmp(tag, "binary") == 0)
		return read_binary(reader, event, &form, out, err);
	if (tagged_sense(reader, event, &sense, err) < 0)
		return -1;
	form.type = types[sense];
	if (sense == SENSE_NULL)
		*out = value_with_src(reader->arena, value_null(reader->arena), form.src);
	else if (sense == SENSE_FLOAT)
		*out = read_float(reader, event, &form);
	else
		*out = value_scalar_form(reader->arena, (const char *)event->data.scalar.value,
					 event->data.scalar.length, &form);
	return 0;
}

/* ---- lists and maps ---- */

static int read_node(struct reader *reader, const yaml_event_t *event, const struct value **out,
		     struct err *err);

static int read_list(struct reader *reader, struct src src, const struct value **out,
		     struct err *err)
{
	struct list_builder *list = list_begin(reader->arena);

	if (enter(reader, src, err) < 0)
		return -1;
	for (;;) {
		yaml_event_t event SCOPED(event_done) = { 0 };
		const struct value *entry;

		if (next_event(reader, &event, err) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (read_node(reader, &event, &entry, err) < 0)
			return -1;
		list_add(list, entry);
	}
	reader->depth--;
	list_src(list, src);
	*out = list_end(list);
	return 0;
}

static int fail_duplicate(const char *key, struct src first, struct src src, struct err *err)
{
	err_set(err, ERR_INPUT, "the key \"%s\" is there already, in line %u", key, first.line);
	return fail_at(err, src);
}

static bool is_merge_key(const yaml_event_t *event)
{
	const char *tag;

	if (event->type != YAML_SCALAR_EVENT)
		return false;
	tag = core_tag(event);
	if (tag)
		return strcmp(tag, "merge") == 0;
	return event->data.scalar.plain_implicit &&
	       scalar_sense((const char *)event->data.scalar.value, event->data.scalar.length) ==
		       SENSE_MERGE;
}

static int read_key(struct reader *reader, const yaml_event_t *event, const char **out,
		    struct err *err)
{
	struct src src = src_at(reader, event->start_mark);
	const struct value *key;

	if (event->type != YAML_SCALAR_EVENT && event->type != YAML_ALIAS_EVENT) {
		err_set(err, ERR_INPUT, "a key must be text, not a list or map");
		err_hint(err, "text that starts with [ or { needs quotes");
		return fail_at(err, src);
	}
	if (read_node(reader, event, &key, err) < 0)
		return -1;
	*out = value_text(key);
	if (!*out) {
		err_set(err, ERR_INPUT, "a key must be text, not %s",
			value_is_null(key) ? "null" : "a list or map");
		return fail_at(err, src);
	}
	if (strlen(*out) != value_text_len(key)) {
		err_set(err, ERR_INPUT, "a key must not hold a NUL character");
		return fail_at(err, src);
	}
	return 0;
}

static int check_merged(const struct value *value, struct src src, struct err *err)
{
	bool fits = value_is_map(value) || value_is_list(value);

	for (size_t i = 0; value_is_list(value) && i < value_len(value); i++)
		fits = fits && value_is_map(value_at(value, i));
	if (fits)
		return 0;
	err_set(err, ERR_INPUT, "a merge key << needs a map or a list of maps");
	err_hint(err, "refer to an anchored map: <<: *name");
	return fail_at(err, src);
}

static void merge_into(struct map_builder *map, const struct value *from)
{
	for (size_t i = 0; i < value_len(from); i++) {
		const char *key = value_key_at(from, i);
		if (!map_holds(map, key))
			map_add_at(map, key, value_key_src(from, key), value_at(from, i));
	}
}

/* Keys of the map itself win over merged ones, and earlier merged maps over later ones. */
static void merge_all(const struct map_reader *map)
{
	if (!map->merged)
		return;
	map_merge_key(map->map, map->merge_src);
	if (value_is_map(map->merged))
		merge_into(map->map, map->merged);
	for (size_t i = 0; value_is_list(map->merged) && i < value_len(map->merged); i++)
		merge_into(map->map, value_at(map->merged, i));
}

static int read_value(struct reader *reader, const struct value **out, struct err *err)
{
	yaml_event_t event SCOPED(event_done) = { 0 };

	if (next_event(reader, &event, err) < 0)
		return -1;
	return read_node(reader, &event, out, err);
}

static int read_entry(struct reader *reader, const yaml_event_t *event, struct map_reader *map,
		      struct err *err)
{
	struct src src = src_at(reader, event->start_mark);
	const struct value *value;
	const char *key;

	if (is_merge_key(event) && !reader->input->keeps_merge) {
		if (map->merged)
			return fail_duplicate("<<", map->merge_src, src, err);
		map->merge_src = src;
		if (read_value(reader, &map->merged, err) < 0)
			return -1;
		return check_merged(map->merged, src, err);
	}
	if (read_key(reader, event, &key, err) < 0)
		return -1;
	if (map_holds(map->map, key))
		return fail_duplicate(key, map_key_src(map->map, key), src, err);
	if (read_value(reader, &value, err) < 0)
		return -1;
	map_add_at(map->map, key, src, value);
	return 0;
}

static int read_map(struct reader *reader, struct src src, const struct value **out,
		    struct err *err)
{
	struct map_reader map = { .map = map_begin(reader->arena) };

	if (enter(reader, src, err) < 0)
		return -1;
	for (;;) {
		yaml_event_t event SCOPED(event_done) = { 0 };

		if (next_event(reader, &event, err) < 0)
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		if (read_entry(reader, &event, &map, err) < 0)
			return -1;
	}
	reader->depth--;
	merge_all(&map);
	map_src(map.map, src);
	*out = map_end(map.map);
	return 0;
}

static const yaml_char_t *anchor_name(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return NULL;
	}
}

static int read_node(struct reader *reader, const yaml_event_t *event, const struct value **out,
		     struct err *err)
{
	struct src src = src_at(reader, event->start_mark);
	struct anchor *anchor = anchor_open(reader, anchor_name(event));
	size_t before = reader->values;
	int r;

	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(reader, event, out, err);
	if (count_values(reader, 1, src, err) < 0)
		return -1;
	if (event->type == YAML_SCALAR_EVENT)
		r = read_scalar(reader, event, out, err);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		r = read_list(reader, src, out, err);
	else
		r = read_map(reader, src, out, err);
	if (r < 0)
		return -1;
	anchor_close(anchor, *out, reader->values - before);
	return 0;
}

/* ---- documents ---- */

static int check_version(const struct reader *reader, const yaml_event_t *event, struct err *err)
{
	const yaml_version_directive_t *version = event->data.document_start.version_directive;

	if (!version || (version->major == 1 && version->minor == 1))
		return 0;
	err_set(err, ERR_INPUT, "the directive asks for YAML %d.%d; only 1.1 is understood",
		version->major, version->minor);
	err_hint(err, "remove the %%YAML line");
	return fail_at(err, src_at(reader, event->start_mark));
}

static int read_document(struct reader *reader, const struct value **out, struct err *err)
{
	yaml_event_t end SCOPED(event_done) = { 0 };

	if (read_value(reader, out, err) < 0)
		return -1;
	return next_event(reader, &end, err);
}

static int read_documents(struct reader *reader, struct yaml_documents *out, struct err *err)
{
	struct yaml_documents documents = { 0 };
	size_t cap = 0;

	for (;;) {
		yaml_event_t event SCOPED(event_done) = { 0 };
		const struct value *document;

		if (next_event(reader, &event, err) < 0)
			return -1;
		if (event.type == YAML_STREAM_END_EVENT)
			break;
		if (event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		if (check_version(reader, &event, err) < 0 ||
		    read_document(reader, &document, err) < 0)
			return -1;
		documents.at = arena_grow(reader->arena, (void *)documents.at, documents.len, &cap,
					  sizeof(struct value *));
		documents.at[documents.len++] = document;
	}
	*out = documents;
	return 0;
}

/* ---- the text as a whole ---- */

/* No character crosses a line end, so the line at fault is the one that is not valid alone. */
static int check_encoding(const struct reader *reader, struct err *err)
{
	const char *at = reader->input->text, *end = at + reader->input->len;
	struct src src = { reader->file, 1, 1 };

	if (utf8_is_valid(at, reader->input->len))
		return 0;
	for (; at < end; src.line++) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((next ? next : end) - at);
		if (!utf8_is_valid(at, len))
			break;
		at += len + 1;
	}
	err_set(err, ERR_INPUT, "the line is not UTF-8 text");
	err_hint(err, "save the file as UTF-8");
	return fail_at(err, src);
}

static int check_size(const struct reader *reader, struct err *err)
{
	if (reader->input->len <= reader->limits->bytes)
		return 0;
	err_set(err, ERR_INPUT, "%zu bytes are more than the limit of %zu", reader->input->len,
		reader->limits->bytes);
	return err_at(err, reader->file, 0, 0);
}

static void parser_free(yaml_parser_t *parser)
{
	yaml_parser_delete(parser);
}

int yaml_read(struct arena *arena, const struct yaml_input *input, struct yaml_documents *out,
	      struct err *err)
{
	yaml_parser_t parser SCOPED(parser_free) = { 0 };
	struct reader reader = {
		.arena = arena,
		.input = input,
		.limits = input->limits ? input->limits : &yaml_limits_default,
		.file = arena_str(arena, input->file),
		.parser = &parser,
		.anchors = map_new(arena),
	};

	if (!yaml_parser_initialize(&parser))
		return err_set(err, ERR_SYSTEM, "there is no memory for reading YAML");
	if (check_size(&reader, err) < 0 || check_encoding(&reader, err) < 0)
		return -1;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)input->text, input->len);
	return read_documents(&reader, out, err);
}

int yaml_read_file(struct arena *arena, const char *path, const struct value **out,
		   struct err *err)
{
	struct yaml_input input = { .file = path };
	struct yaml_documents documents;
	char *text;

	if (fs_read(arena, path, yaml_limits_default.bytes, &text, &input.len, err) < 0)
		return -1;
	input.text = text;
	if (yaml_read(arena, &input, &documents, err) < 0)
		return -1;
	if (documents.len > 1) {
		struct src src = value_src(documents.at[1]);
		err_set(err, ERR_INPUT, "%zu documents stand where one is expected",
			documents.len);
		return fail_at(err, (struct src){ path, src.line, src.column });
	}
	*out = documents.len > 0 ? documents.at[0] : value_null(arena);
	return 0;
}
