#include "ops/templates.h"

#include "base/arena.h"
#include "base/fs.h"
#include "cluster/embedded.h"
#include "tree/template.h"

#include <string.h>

#define FOLDER "templates"
#define TEXT_MAX ((size_t)4 << 20)

static int read_own(const struct templates *templates, struct arena *arena, const char *file,
		    struct template_input *out, struct err *err)
{
	const char *path = fs_join(arena, templates->folder, file);
	char *text;
	size_t len;

	if (!fs_exists(path))
		return 1;
	if (fs_read(arena, path, FS_FILE_MAX, &text, &len, err) < 0)
		return -1;
	out->text = text;
	out->len = len;
	return 0;
}

static int read_text(const struct templates *templates, struct arena *arena,
		     struct template_input *out, struct err *err)
{
	if (templates->folder) {
		int r = read_own(templates, arena, out->file, out, err);

		if (r <= 0)
			return r;
	}
	for (size_t i = 0; i < embedded_files_count; i++) {
		if (strcmp(embedded_files[i].path, out->file) != 0)
			continue;
		out->text = (const char *)embedded_files[i].data;
		out->len = embedded_files[i].len;
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "there is no template %s", out->file);
}

int templates_text(const struct templates *templates, const char *name, const struct value *context,
		   struct str *out, struct err *err)
{
	struct arena *scratch OWNED(arena_free) = arena_new("templates");
	struct template_input input = {
		.file = arena_printf(scratch, FOLDER "/%s.mustache", name),
		.context = context,
		.show_sensitive = templates->show_secrets,
	};

	if (read_text(templates, scratch, &input, err) < 0)
		return -1;
	return template_render(out, &input, err);
}

int templates_documents(const struct templates *templates, struct arena *arena, const char *name,
			const struct value *context, struct yaml_documents *out, struct err *err)
{
	struct str text SCOPED(str_done) = STR_INIT(TEXT_MAX);
	struct yaml_documents all = { 0 };
	size_t len = 0;

	if (templates_text(templates, name, context, &text, err) < 0)
		return -1;

	const struct yaml_input input = { .file = arena_printf(arena, "what %s gives", name),
					  .text = str_text(&text),
					  .len = text.len };

	if (yaml_read(arena, &input, &all, err) < 0)
		return err_wrap(err, "read what the template %s gives", name);
	for (size_t i = 0; i < all.len; i++)
		if (!value_is_null(all.at[i]))
			all.at[len++] = all.at[i];
	*out = (struct yaml_documents){ all.at, len };
	return 0;
}
