/*
 * A workspace out of one input: files one after another, each behind a line "=== name". What comes
 * before the first such line is cluster.yaml. Whatever the texts are, reading ends with findings
 * or a model, and each finding has a text and an id.
 */
#include "cluster/workspace.h"
#include "split.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 8
#define NAME_MAX_BYTES 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_files {
	struct file_text at[FILES_MAX];
	char name[FILES_MAX][NAME_MAX_BYTES];
	size_t len;
};

static void split_files(struct fuzz_files *files, const char *input, size_t size)
{
	struct split_text text[FILES_MAX];

	files->len = split_texts(input, size, text, FILES_MAX);
	for (size_t i = 0; i < files->len; i++) {
		snprintf(files->name[i], NAME_MAX_BYTES, "%.*s", (int)(text[i].words_len % 90),
			 text[i].words);
		files->at[i] = (struct file_text){ .name = files->name[i],
						   .text = text[i].text,
						   .len = text[i].len };
	}
	files->at[0].name = "cluster.yaml";
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
	struct fuzz_files files = { .len = 0 };
	struct workspace *workspace OWNED(workspace_free) = NULL;
	struct err err = ERR_INIT;

	split_files(&files, (const char *)data, size);
	if (workspace_open_texts(files.at, files.len, &workspace, &err) < 0)
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
