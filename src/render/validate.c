#include "render/validate.h"

#include "base/own.h"
#include "base/text.h"
#include "render/load.h"
#include "render/schema.h"
#include "render/validate_parts.h"
#include "tree/yaml.h"

#include <stdarg.h>
#include <string.h>

const char *const validate_mode_names[] = {
	[VALIDATE_METAL] = "metal",
	[VALIDATE_CLOUD] = "cloud",
	[VALIDATE_CONTAINER] = "container",
	[VALIDATE_METAL_AGENT] = "metal-agent",
	[VALIDATE_MODE_COUNT] = NULL,
};

struct place {
	const struct spot *spot;
	const char *field;
};

static void tell(struct validation *v, enum finding_severity severity, const struct place *place,
		 const char *id, const char *text)
{
	finding_add(v->findings, severity, id, spot_src(place->spot, place->field),
		    spot_path(v->arena, place->spot, place->field), "%s", text);
}

void complain(struct validation *v, const struct spot *spot, const char *field, const char *id,
	      const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(v->arena, fmt, args);
	va_end(args);
	tell(v, FINDING_ERROR, &(struct place){ spot, field }, id, text);
}

void warn(struct validation *v, const struct spot *spot, const char *field, const char *id,
	  const char *fmt, ...)
{
	bool is_main = spot->document && strcmp(spot->document->kind, SCHEMA_MAIN) == 0;
	enum finding_severity severity =
		v->options->strict && is_main ? FINDING_ERROR : FINDING_WARNING;
	va_list args;

	va_start(args, fmt);
	const char *text = arena_vprintf(v->arena, fmt, args);
	va_end(args);
	tell(v, severity, &(struct place){ spot, field }, id, text);
}

void advise(struct validation *v, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	finding_hint(v->findings, "%s", arena_vprintf(v->arena, fmt, args));
	va_end(args);
}

static bool is_control(const struct spot *main)
{
	const char *type = spot_text(main, "machine.type");

	return text_equal(type, "controlplane") || text_equal(type, "init");
}

static void run(struct validation *v)
{
	const struct document *document = config_find(v->config, SCHEMA_MAIN, NULL);

	v->main = spot_root(document);
	v->control = is_control(&v->main);
	if (document)
		validate_main(v);
	for (size_t i = 0; i < v->config->len; i++) {
		struct spot spot = spot_root(&v->config->at[i]);

		if (spot.document != document)
			validate_document(v, &spot);
	}
	validate_together(v);
}

static void validate_written(struct findings *findings, const struct config *config,
			     const struct validate_options *options, const struct value *written)
{
	struct arena *scratch OWNED(arena_free) = arena_new("validate");
	struct validation v = { .arena = scratch,
				.findings = findings,
				.config = config,
				.options = options,
				.release = config->release,
				.written = written };

	run(&v);
}

void validate_config(struct findings *findings, const struct config *config,
		     const struct validate_options *options)
{
	validate_written(findings, config, options, NULL);
}

bool validate_mode_named(const char *name, enum validate_mode *out)
{
	for (unsigned i = 0; i < VALIDATE_MODE_COUNT; i++) {
		if (!text_equal(validate_mode_names[i], name))
			continue;
		*out = (enum validate_mode)i;
		return true;
	}
	return false;
}

/* What is wrong with a document that cannot be read. */
static const char *fault_id(const struct loader *loader, const struct value *map)
{
	const char *kind = value_get_text(map, "kind");

	if (!value_is_map(map))
		return "not-a-document";
	if (kind && *kind && !schema_kind_find(kind, loader->release))
		return "unknown-kind";
	return "document-header";
}

static const char *document_path(struct arena *arena, const struct schema_kind *kind,
				 const char *name)
{
	if (text_equal(kind->kind, SCHEMA_MAIN))
		return "";
	return *name ? arena_printf(arena, "%s[%s]", kind->kind, name) : kind->kind;
}

static bool read_document(struct loader *loader, const struct value *map, struct document *out)
{
	const struct schema_kind *kind;

	loader->document = NULL;
	if (load_kind(loader, map, &kind, &out->name) < 0) {
		load_told(loader, fault_id(loader, map), "");
		return false;
	}
	loader->document = document_path(loader->arena, kind, out->name);
	out->kind = kind->kind;
	out->value = load_fields(loader, kind->fields, map, "");
	if (!out->value)
		load_told(loader, "wrong-type", "");
	return out->value != NULL;
}

struct reading {
	struct document *at;
	size_t len;
	const struct value *written; /* the main document */
};

/* False when something was told. */
static bool read_documents(struct loader *loader, const struct yaml_documents *documents,
			   struct reading *out)
{
	size_t before = loader->findings->errors;

	out->at = arena_calloc(loader->arena, documents->len + 1, sizeof(*out->at));
	for (size_t i = 0; i < documents->len; i++) {
		struct document *document = &out->at[out->len];

		if (value_is_null(documents->at[i]) ||
		    !read_document(loader, documents->at[i], document))
			continue;
		if (text_equal(document->kind, SCHEMA_MAIN))
			out->written = documents->at[i];
		out->len++;
	}
	return loader->findings->errors == before;
}

void validate_text(struct findings *findings, const struct config_input *input,
		   const struct validate_options *options)
{
	struct arena *scratch OWNED(arena_free) = arena_new("validate a file");
	struct yaml_input yaml = { .file = input->file, .text = input->text, .len = input->len };
	struct err err = ERR_INIT;
	struct loader loader = { .arena = scratch,
				 .release = input->release,
				 .err = &err,
				 .findings = findings };
	struct reading reading = { 0 };
	struct yaml_documents documents;
	struct config config;

	if (yaml_read(scratch, &yaml, &documents, &err) < 0) {
		finding_add_err(findings, "bad-yaml", &err);
		return;
	}
	if (!read_documents(&loader, &documents, &reading))
		return;
	struct src start = { input->file, 1, 1 };
	if (!reading.len)
		finding_add(findings, FINDING_ERROR, "empty-file", start, "",
			    "there is no document in it");
	else if (config_build(scratch, reading.at, reading.len, input->release, &config, &err) < 0)
		finding_add_err(findings, "documents-clash", &err);
	else
		validate_written(findings, &config, options, reading.written);
}
