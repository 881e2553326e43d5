/*
 * The files of a workspace: a folder, or texts in memory that stand for one.
 *
 *	struct files *files = files_of_folder(arena, folder);
 *	int r = files_read(files, "nodes.yaml", &text, err);   0 read, >0 there is none, <0 error
 *	files_digest(files)                                    over all that was read so far
 *
 * Names are relative to the workspace, with slashes. Everything lives in the arena. Encrypted SOPS
 * files are read in clear, in memory.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "crypto/digest.h"
#include "seal/keyring.h"

#include <stdbool.h>
#include <stddef.h>

struct file_text {
	const char *name; /* "patches/global/kubelet.yaml" */
	const char *text;
	size_t len;
	bool sealed; /* it is kept encrypted: what it says is secret */
};

struct files;
struct files *files_of_folder(struct arena *arena, const char *folder);
/* The texts are borrowed. */
struct files *files_of_texts(struct arena *arena, const struct file_text *texts, size_t count);
/* The keys that encrypted files are opened with; borrowed. Without it there are none. */
void files_unseal(struct files *files, struct keyring *keyring);
/* ERR_AUTH of the first encrypted file that no key opened; NULL: there is none. */
const struct err *files_locked(const struct files *files);
/* Whether any that was read is kept encrypted. */
bool files_any_sealed(const struct files *files);
/* out->text has a NUL behind it that len does not count. */
int files_read(struct files *files, const char *name, struct file_text *out, struct err *err);
/* Whether files_read() found it; `name` as it was given there. */
bool files_was_read(const struct files *files, const char *name);
/* Names of the files in a folder that end in `suffix`, sorted; a folder that is absent has none. */
int files_list(struct files *files, const char *folder, const char *suffix, struct fs_names *out,
	       struct err *err);
/* Names of the folders in a folder, sorted. */
int files_folders(struct files *files, const char *folder, struct fs_names *out, struct err *err);
/* "sha256:..." over the names and bytes of the files read, encrypted ones as they are, in the order
 * of their names. */
const char *files_digest(const struct files *files);

/*
 * What was asked of a folder, so that it can be asked again: whether a name was there and what it
 * held, and which names a folder had.
 */
enum question_kind {
	QUESTION_FILE,
	QUESTION_FILES,	  /* names that end in `suffix` */
	QUESTION_FOLDERS, /* names of folders */
	QUESTION_KIND_COUNT
};
struct question {
	enum question_kind kind;
	const char *name;   /* of the file or folder */
	const char *suffix; /* QUESTION_FILES; else "" */
	unsigned char answer[SHA256_SIZE];
};
struct questions {
	const struct question *at;
	size_t len;
};
/* All so far, with their answers. */
struct questions files_questions(const struct files *files);
/* Fills question->answer with what it would be now. */
void files_ask(struct files *files, struct question *question);
