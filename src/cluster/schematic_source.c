#include "cluster/schematic_source.h"

#include "tree/yaml.h"

static const struct value *nothing_in(struct arena *arena, const char *file)
{
	struct map_builder *map = map_begin(arena);

	map_src(map, (struct src){ file, 1, 1 });
	return map_end(map);
}

static const struct value *parse(struct draft *draft, const struct file_text *file)
{
	const struct yaml_input input = { .file = file->name,
					  .text = file->text,
					  .len = file->len };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	if (yaml_read(draft->arena, &input, &documents, &err) < 0) {
		finding_add_err(draft->findings, "bad-yaml", &err);
		return NULL;
	}
	if (documents.len == 0 || (documents.len == 1 && value_is_null(documents.at[0])))
		return nothing_in(draft->arena, file->name);
	if (documents.len == 1 && value_is_map(documents.at[0]))
		return documents.at[0];
	finding_add(draft->findings, FINDING_ERROR, "wrong-type",
		    value_src(documents.at[documents.len - 1]), "", "%s must be one map",
		    file->name);
	return NULL;
}

static const struct value *read_file(struct draft *draft, const struct value *setting,
				     const char *path)
{
	const char *name = value_text(setting);
	struct file_text file;
	struct err err = ERR_INIT;
	int r;

	if (name[0] == '@')
		name++;
	r = files_read(draft->files, name, &file, &err);
	if (r > 0)
		finding_add(draft->findings, FINDING_ERROR, "missing-file", value_src(setting),
			    path, "there is no file %s", name);
	else if (r < 0)
		finding_add_err_in(draft->findings, "unreadable", &err,
				   &(struct finding_place){ value_src(setting), path });
	return r == 0 ? parse(draft, &file) : NULL;
}

const struct value *schematic_source(struct draft *draft, const struct value *setting,
				     const char *path)
{
	if (value_is_null(setting) || value_is_map(setting))
		return setting;
	if (value_is_str(setting))
		return read_file(draft, setting, path);
	return NULL;
}
