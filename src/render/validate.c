#include "render/validate.h"

#include "base/own.h"
#include "base/text.h"
#include "render/schema.h"
#include "render/validate_parts.h"

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

void validate_config(struct findings *findings, const struct config *config,
		     const struct validate_options *options)
{
	struct arena *scratch OWNED(arena_free) = arena_new("validate");
	struct validation v = { .arena = scratch,
				.findings = findings,
				.config = config,
				.options = options,
				.release = config->release };

	run(&v);
}

void validate_text(struct findings *findings, const struct config_input *input,
		   const struct validate_options *options)
{
	struct arena *scratch OWNED(arena_free) = arena_new("validate a file");
	struct config config;
	struct err err = ERR_INIT;

	if (config_read(scratch, input, &config, &err) < 0) {
		finding_add_err(findings, "unreadable", &err);
		return;
	}
	validate_config(findings, &config, options);
}
