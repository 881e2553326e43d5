/*
 * The schema of machine configs as data: which documents there are, their fields in the order
 * they are printed, types, what happens to them in a merge, and since which release they exist.
 *
 *	const struct schema_kind *kind = schema_kind_find("LinkConfig", RELEASE_1_13);
 *	for (const struct schema_field *row = kind->fields; row->name; row++)
 *		if (schema_has(row, RELEASE_1_13)) ...
 *
 * Tables are constant and end with a row without a name. The engine that reads them is load.c
 * (strict reading), emit.c (printing order and what is left out), merge.c and selector.c
 * (`$patch: delete`). A release of Talos costs rows here, not code there.
 */
#pragma once

#include "render/config.h"

#include <stdbool.h>
#include <stddef.h>

enum schema_shape {
	SHAPE_ONE,
	SHAPE_LIST,
	SHAPE_MAP
};

enum schema_type {
	TYPE_TEXT,
	TYPE_BOOL,
	TYPE_INT,
	TYPE_I32,
	TYPE_U8,
	TYPE_U16,
	TYPE_U32,
	TYPE_U64,
	TYPE_WORD,     /* one of `words` */
	TYPE_DURATION, /* 1h30m */
	TYPE_URL,
	TYPE_ADDRESS,	 /* an IP address */
	TYPE_PREFIX,	 /* address/bits; host bits are kept */
	TYPE_SOCKET,	 /* address:port */
	TYPE_HARDWARE,	 /* bytes in hex with colons */
	TYPE_TABLE,	 /* a routing table: a number or a name */
	TYPE_BYTES,	 /* "10 GB", kept as written; always overwritten in a merge */
	TYPE_SIZE,	 /* TYPE_BYTES or a percentage */
	TYPE_DISK_SIZE,	 /* bytes, printed as "100 GB" where that is exact */
	TYPE_DISK_MATCH, /* ">= 100GB" */
	TYPE_CEL,	 /* an expression, verbatim; always overwritten in a merge */
	TYPE_MODE,	 /* file permissions */
	TYPE_BASE64,
	TYPE_PORTS,    /* 443 or "443-444" */
	TYPE_ARGUMENT, /* a text or a list of texts, replaced whole */
	TYPE_FREE,     /* any YAML mapping */
	TYPE_STRUCT,   /* `inner` */
	TYPE_COUNT
};

enum schema_merge {
	MERGE_USUAL,	    /* by type; lists append, zero values are ignored */
	MERGE_REPLACE,	    /* as a whole when given */
	MERGE_BY_KEY,	    /* list elements with an equal `key` merge, others are appended */
	MERGE_BY_KEY_WHOLE, /* likewise, but the element replaces its match */
	MERGE_BY_DEVICE,    /* network devices: by interface name, else by equal selector */
	MERGE_COUNT
};

struct schema_field {
	const char *name;
	enum schema_shape shape;
	enum schema_type type;
	const struct schema_field *inner; /* TYPE_STRUCT */
	unsigned keep : 1;		  /* printed even when empty */
	unsigned pointer : 1;		  /* absent and empty differ: a given zero counts */
	unsigned secret : 1;
	unsigned minor : 1;	/* does not make the struct around it count as given */
	unsigned trim : 1;	/* leading tabs and line breaks are dropped */
	unsigned nulls : 1;	/* elements may be null, and are printed so */
	unsigned numbered : 1;	/* a word may be given by its number, too */
	unsigned unprinted : 1; /* talosctl leaves an empty one out (unprinted.h) */
	enum schema_merge merge;
	const char *key;	  /* MERGE_BY_KEY... */
	const char *const *words; /* TYPE_WORD, the zero value first; NULL-ended */
	const char *zero;	  /* printed for a word that was never set, when it is no word */
	enum release since;
	enum release gone; /* the first release without it; 0: still there */
};

struct schema_kind {
	const char *kind;
	const struct schema_field *fields;
	bool named;
	enum release since;
	const char *const *conflicts; /* kinds that must not have the same name; NULL-ended */
};

#define SCHEMA_MAIN "v1alpha1" /* the kind of the document without one */

bool schema_has(const struct schema_field *field, enum release release);
const struct schema_field *schema_find(const struct schema_field *fields, const char *name,
				       enum release release);
/* NULL when the release has no such kind. */
const struct schema_kind *schema_kind_find(const char *kind, enum release release);
/* A kind that is in no table has this one: a name, and every other field is unknown. */
const struct schema_kind *schema_kind_or_any(const char *kind, enum release release);
/* The kind nearest to a misspelt one, NULL when none is near. */
const char *schema_kind_nearest(const char *kind, enum release release);

extern const struct schema_field schema_main[];
extern const struct schema_field schema_cluster[];	/* of the main document */
extern const struct schema_field schema_pem_pair[];	/* {crt, key} in base64 */
extern const struct schema_field schema_pem_cert[];	/* {crt} */
extern const struct schema_field schema_pem_key[];	/* {key} */
extern const struct schema_field schema_plain_pair[];	/* {cert, key} as PEM text */
extern const struct schema_field schema_runtime_spec[]; /* of the OCI, for JSON; no document */
extern const struct schema_kind schema_network_kinds[]; /* each ends with a row without a kind */
extern const struct schema_kind schema_storage_kinds[];
extern const struct schema_kind schema_runtime_kinds[];
extern const struct schema_kind schema_kube_kinds[];
