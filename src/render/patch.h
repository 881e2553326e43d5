/*
 * Patches: strategic merge (one or more partial documents, `$patch: delete`) and RFC 6902 lists,
 * told apart as the field's tools do, applied strictly in order.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "render/config.h"
#include "tree/finding.h"

#include <stdbool.h>
#include <stddef.h>

struct patch;

struct patch_text {
	const char *name; /* for messages and places */
	const char *text;
	size_t len;
	enum release release;
	bool strict;  /* the first trap (trap.h) is an error */
	bool on_main; /* RFC 6902 lists are about the main document, whatever stands beside it */
	bool open;    /* unknown kinds and fields stay as they are */
	/* borrowed: warnings about traps and, with `open`, about those; NULL: none */
	struct findings *findings;
	bool sensitive; /* every value of it is secret */
};
int patch_read(struct arena *arena, const struct patch_text *text, struct patch **out,
	       struct err *err);
/* `config` is not changed; *out shares what is equal. ERR_INPUT with the patch's place. */
int patch_apply(struct arena *arena, const struct config *config, const struct patch *patch,
		struct config *out, struct err *err);

/* The same, but the documents are not given their printed form: config_settle() does, once all
 * patches are in. */
int patch_put(struct arena *arena, const struct config *config, const struct patch *patch,
	      struct config *out, struct err *err);

/* The same from documents that are already read: the program's own patches. */
struct patch_documents {
	const char *name;
	const struct value *const *at;
	size_t len;
	enum release release;
	bool open; /* as above */
	struct findings *findings;
};
int patch_of(struct arena *arena, const struct patch_documents *documents, struct patch **out,
	     struct err *err);

struct patches {
	struct patch *const *at;
	size_t len;
};
/*
 * Patches a text: what `machineconfig patch` prints. Without patches the text itself; after RFC
 * 6902 patches alone the document with sorted keys, never read strictly; else the documents in
 * their usual layout.
 */
int patch_file(struct arena *arena, const struct config_input *input, const struct patches *patches,
	       struct str *out, struct err *err);
