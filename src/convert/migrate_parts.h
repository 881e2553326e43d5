/*
 * What the parts of a migration share: documents in the making, and the conversion of one main
 * document, be it a patch's or a node's.
 */
#pragma once

#include "cluster/cluster.h"
#include "convert/migrate.h"
#include "convert/migrate_settings.h"
#include "render/config.h"
#include "render/draft.h"
#include "render/json_patch.h"

/* The file of a folder of patches that holds what no old patch says in the new form. */
#define MIGRATE_ADDED "zz-migrated.yaml"

/* A document: first what it deletes, then what it sets. */
struct made {
	const char *kind, *name; /* name NULL for kinds without */
	struct draft remove, set;
};

struct made_list {
	struct arena *arena;
	struct made *at;
	size_t len, cap;
};
struct made *made_find(const struct made_list *list, const char *kind, const char *name);
struct made *made_get(struct made_list *list, const char *kind, const char *name);
void made_set(struct made_list *list, const char *kind, const char *name, const char *path,
	      const struct value *value);
/* Path NULL: the document itself. */
void made_delete(struct made_list *list, const char *kind, const char *name, const char *path);
/* Adds the texts of all, what deletes first. */
void made_values(const struct made_list *list, struct list_builder *out);

/* What is known of the rest of the workspace while one patch is converted. */
struct conversion {
	struct arena *arena;
	const struct migrate_row *map;
	const bool *stays; /* by subsystem */
	const struct value *main;
	const struct config *typed; /* the config it is of; NULL: a patch */
	const struct value *rest;   /* of it, when done; NULL: nothing */
	struct made_list made;
	bool whole;    /* a node's config and no patch */
	bool complete; /* what sections mean without saying it is in its documents already */
	bool strip;    /* what has a document is only taken out */
	bool prune;    /* what is deleted from sections that stay is not there to begin with */
	bool control;
	const char *talos_before, *talos; /* releases */
	void (*found)(void *context, const struct migrate_row *row, const struct value *value);
	void *context;
};
/* Fills made and rest from main. */
void conversion_run(struct conversion *conversion);

/* The value at a dotted path; *removed when `$patch: delete` stands there or above. */
const struct value *main_look(const struct value *main, const char *path, bool *removed);
const struct value *main_get(const struct value *main, const char *path);
bool is_removal(const struct value *value);
const struct value *main_strip(struct arena *arena, const struct value *main, const char *path);

/* The image of an installation that stays a section is another one, too. */
void conversion_install(struct conversion *conversion);
/* What legacy sections mean without being said (migrate_whole.c); for whole conversions. */
void conversion_complete(struct conversion *conversion);

/* The image that installs 1.14, for the one that installed the release before. */
const struct value *installer_value(const struct conversion *conversion,
				    const struct value *value);

/* Ways of putting a value (migrate_values.c, migrate_kube.c, migrate_links.c). */
migrate_fn put_not, put_pem, put_nothing, put_nameservers, put_hosts, put_installer, put_disk,
	put_disk_selector, put_time_servers, put_modules, put_files, put_hostname,
	put_stable_hostname, put_links, put_admission, put_authorizers, put_arguments, put_prism,
	put_talos_access, put_discovery, put_authority, put_accepted, put_inline_manifests,
	put_extra_manifests, put_mirrors, put_registries, put_pods;
migrate_block_fn block_by_user, block_mounts, block_files, block_false, block_arguments,
	block_identity, block_links, block_true, block_registries, block_pods;

/* Base64 of PEM as PEM; what is no base64 as it is. */
const struct value *pem_value(struct arena *arena, const struct value *value);
/* Whether it is base64 of a certificate in PEM. */
bool pem_is_certificate(const struct value *value);

/*
 * The difference that turns what a node has into what it should have, as patches: lists that only
 * grew are appended to, what is gone is deleted, and fields that a merge would reset are repeated.
 */
void made_difference(struct made_list *out, const struct document *has,
		     const struct document *wants);

/* Documents in normal form, as a config of 1.14. */
int documents_build(struct arena *arena, const struct value *const *documents, size_t count,
		    struct config *out, struct err *err);

/* A list of operations as parts of a main document to merge one after the other; returns how many
 * have no such form and are left out. */
size_t operations_as_patches(struct arena *arena, const struct json_patch *operations,
			     struct list_builder *out);

/* One patch after the conversion. */
struct migrated_patch {
	const struct value *documents; /* in order, for all nodes it applied to */
	const struct value *control;   /* those that only control planes may have */
	size_t dropped;		       /* operations without a form of their own */
	bool changed;
};
int patch_migrate(const struct conversion *base, const struct patch_source *source,
		  struct migrated_patch *out, struct err *err);

struct comparing {
	struct arena *arena; /* for this one */
	struct arena *keep;  /* for what is noted */
	struct migration *out;
	size_t added_cap;
	const struct config *generated; /* what 1.14 starts from */
};
/* Notes what is by default; ERR_REFUSED for the rest, with the place of one of them. */
int settings_compare(struct comparing *comparing, const struct settings_side *before,
		     const struct settings_side *after, struct err *err);
/* Whether a field of a document is one that 1.14 adds on its own. */
bool migrate_is_added(const char *kind, const char *path);
