/*
 * A workspace out of one input: files one after another, each behind a line "=== name". What comes
 * before the first such line is cluster.yaml. Whatever the texts are, reading ends with findings
 * or a model, and each finding has a text and an id.
 */
#include "cluster/workspace.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 8
#define NAME_MAX_BYTES 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct split {
	struct file_text file[FILES_MAX];
	char name[FILES_MAX][NAME_MAX_BYTES];
	size_t files;
};

static const char *find_marker(const char *from, const char *end)
{
	for (const char *at = from; at + 4 <= end; at++)
		if (memcmp(at, "=== ", 4) == 0 && (at == from || at[-1] == '\n'))
			return at;
	return end;
}

static void split_files(struct split *split, const char *text, size_t size)
{
	const char *end = text + size;
	const char *at = text;

	snprintf(split->name[0], NAME_MAX_BYTES, "cluster.yaml");
	while (split->files < FILES_MAX) {
		struct file_text *file = &split->file[split->files];
		const char *marker = find_marker(at, end);

		file->name = split->name[split->files++];
		file->text = at;
		file->len = (size_t)(marker - at);
		if (marker == end || split->files == FILES_MAX)
			return;
		at = marker + 4;

		const char *line = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((line ? line : end) - at);

		snprintf(split->name[split->files], NAME_MAX_BYTES, "%.*s", (int)(len % 90), at);
		at = line ? line + 1 : end;
	}
}

static void check_model(const struct cluster *cluster)
{
	if (!cluster->endpoint || !cluster->talos || !cluster->kubernetes || !cluster->contract)
		abort();
	if (cluster->controllers == 0 || cluster->controllers > cluster->nodes)
		abort();
	for (size_t i = 0; i < cluster->nodes; i++)
		if (!cluster->node[i].name[0] || cluster->node[i].addresses == 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct split split = { .files = 0 };
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;

	split_files(&split, (const char *)data, size);
	if (workspace_open_texts(split.file, split.files, &workspace, &err) < 0)
		return 0;

	const struct findings *findings = workspace_findings(workspace);
	const struct cluster *cluster = workspace_cluster(workspace, &err);

	for (size_t i = 0; i < findings->len; i++)
		if (!findings->at[i].id[0] || !findings->at[i].text[0] || !findings->at[i].src.file)
			abort();
	if ((findings->errors == 0) != (cluster != NULL))
		abort();
	if (cluster)
		check_model(cluster);
	return 0;
}
