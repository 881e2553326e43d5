/*
 * The templates of what is generated besides machine configs: those compiled in, or the
 * workspace's own, which win by their name.
 *
 *	const struct templates templates = { .folder = folder };
 *	templates_text(&templates, "router.conf", context, &out, err)
 *
 * The workspace's are <folder>/templates/<name>.mustache. Text and values live in the caller's
 * arena; see tree/template.h for what a template can do. An unreadable file or a wrong template
 * names the file and line.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "tree/value.h"
#include "tree/yaml.h"

#include <stdbool.h>

struct templates {
	const char *folder; /* the workspace; NULL: only those compiled in */
	bool show_secrets;  /* print sensitive values as they are */
};

int templates_text(const struct templates *templates, const char *name, const struct value *context,
		   struct str *out, struct err *err);
/* The same as YAML; documents without anything in them are left out. */
int templates_documents(const struct templates *templates, struct arena *arena, const char *name,
			const struct value *context, struct yaml_documents *out, struct err *err);
