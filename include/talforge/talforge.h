/*
 * libtalforge: what other programs can use of talforge. The only installed header.
 *
 *	struct talforge_error error;
 *	struct talforge *t;
 *	if (talforge_open("my-cluster", &t, &error) < 0)
 *		fprintf(stderr, "%s\n", error.text);
 *	for (size_t i = 0; i < talforge_finding_count(t); i++) ...
 *	talforge_render(t, "mini01", &config, &error);
 *	talforge_text_free(&config);
 *	talforge_close(t);
 *
 * Functions that can fail return 0, or -1 with *error filled (error may be NULL). Outputs are
 * written on success only. A struct talforge owns what its accessors return; texts are UTF-8 and
 * valid until talforge_close(), unless the function says that the caller frees them. Memory that
 * held keys is erased when freed. Objects may be used by one thread at a time. Nothing here prints,
 * reads the clock of the machine or touches the network. Other programs are run where a workspace
 * asks for it: its `secrets: {command: ...}`, and sops. Out of memory ends the process with one
 * message.
 */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0"; a static text. */
const char *talforge_version(void);

struct talforge_error {
	const char *kind;      /* "input", "not-found", "refused", ...: static, stable */
	int exit_code;	       /* what the program would end with: 1, 3, 4, 6, 7 */
	unsigned line, column; /* place in `file`, from 1; 0: unknown */
	char file[256];	       /* the user's file at fault, "" when none is */
	char text[500];	       /* one sentence, without a place */
	char hint[256];	       /* what to do about it, "" when not known */
};

/* A workspace: the folder with cluster.yaml, nodes.yaml and what belongs to them. */
struct talforge;

/* Reads all files of the workspace (at most 32 MiB each). What is wrong in them is no failure but
 * findings; kind "not-found" when the folder is none. Free with talforge_close(). */
int talforge_open(const char *folder, struct talforge **out, struct talforge_error *error);

/* Age keys for what is encrypted in a workspace; the names are those of the sops program's
 * variables, which are not looked at here. Copied; each may be NULL, and all that are found
 * count. */
struct talforge_keys {
	const char *age_key;	     /* SOPS_AGE_KEY: the keys, with white space between them */
	const char *age_key_file;    /* SOPS_AGE_KEY_FILE: of a file that has them */
	const char *age_key_command; /* SOPS_AGE_KEY_CMD: a command for /bin/sh that prints them */
	const char *config_folder;   /* with sops/age/keys.txt in it, which need not be there */
};
/* talforge_open() has no keys. A file that none of these opens is a finding and makes
 * talforge_render() fail with kind "auth"; one that was changed or cut, with "input". What is for
 * other kinds of keys is opened by the sops program, where that is installed. */
int talforge_open_with(const char *folder, const struct talforge_keys *keys, struct talforge **out,
		       struct talforge_error *error);
void talforge_close(struct talforge *t); /* NULL is fine */

enum talforge_severity {
	TALFORGE_NOTE,
	TALFORGE_WARNING,
	TALFORGE_ERROR
};

struct talforge_finding {
	enum talforge_severity severity;
	const char *id;	       /* "unknown-key": stable */
	const char *file;      /* relative to the workspace; "" when no file is at fault */
	unsigned line, column; /* from 1; 0: unknown */
	const char *path;      /* "nodes[1].address" */
	const char *text;
	const char *hint; /* "" when there is none */
};

/* Sorted by file, line and column. */
size_t talforge_finding_count(const struct talforge *t);
/* index < talforge_finding_count() */
struct talforge_finding talforge_finding_at(const struct talforge *t, size_t index);

/* Names of the nodes in the order of nodes.yaml; 0 while there are errors among the findings. */
size_t talforge_node_count(const struct talforge *t);
const char *talforge_node_name(const struct talforge *t, size_t index);

/* A text that may hold secrets; free with talforge_text_free(), which erases it. */
struct talforge_text {
	char *at; /* ends with a NUL that len does not count */
	size_t len;
};
void talforge_text_free(struct talforge_text *text); /* empty is fine */

/* The machine config of a node, whole, keys included: what `talforge render` writes. Kind
 * "input" while there are errors among the findings or a patch is wrong, "not-found" for an
 * unknown node or a missing secrets bundle, "refused" for a bundle that others can read. */
int talforge_render(struct talforge *t, const char *node, struct talforge_text *out,
		    struct talforge_error *error);

#ifdef __cplusplus
}
#endif
