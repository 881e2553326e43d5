/*
 * The checks of all documents but the main one: a table for each group of kinds, mirroring the
 * tables of the schema, and what their checks share.
 *
 *	static void check_vlan(struct validation *v, const struct spot *vlan)
 *	{
 *		want_text(v, vlan, "parent", "vlan-parent", "a VLAN needs the link it is on");
 *	}
 *
 * A check complains once for each fault, in the order in which Talos tells them. Some kinds stop at
 * their first fault; theirs do so too. Values come from the printed form of a document: what is
 * empty is not there, durations, addresses and words are in their normal form.
 */
#pragma once

#include "cel/selectors.h"
#include "render/validate_parts.h"

#include <stdint.h>

typedef void document_check_fn(struct validation *v, const struct spot *document);

struct document_check {
	const char *kind;
	document_check_fn *check;
};

/* Each ends with a row without a kind. */
extern const struct document_check validate_network_checks[];	/* validate_network.c */
extern const struct document_check validate_routing_checks[];	/* validate_routing.c */
extern const struct document_check validate_storage_checks[];	/* validate_storage.c */
extern const struct document_check validate_runtime_checks[];	/* validate_runtime.c */
extern const struct document_check validate_container_checks[]; /* validate_container.c */
extern const struct document_check validate_kube_checks[];	/* validate_kube.c */

/* False after a complaint. */
bool want_text(struct validation *v, const struct spot *spot, const char *field, const char *id,
	       const char *text);
bool want_name(struct validation *v, const struct spot *document);
/* Durations are printed with their sign in front. */
bool is_negative(const struct spot *spot, const char *field);
bool want_not_negative(struct validation *v, const struct spot *spot, const char *field,
		       const char *id);
uint64_t spot_duration(const struct spot *spot, const char *field); /* nanoseconds, without sign */
bool spot_i64(const struct spot *spot, const char *field, int64_t *out);

/* An expression that must answer with what its kind does; an empty one is fine. False after a
 * complaint. */
bool check_selector(struct validation *v, const struct spot *spot, const char *field,
		    enum selector of);
bool want_selector(struct validation *v, const struct spot *spot, const char *field,
		   enum selector of); /* it must be there, too */

/* PEM, nothing but certificates, at least one; -1 with what is wrong. */
int form_certificates(struct arena *arena, const char *pem, struct err *err);
/* {cert, key} as PEM; `load`: both must be readable, not only PEM. */
void check_pair(struct validation *v, const struct spot *pair, bool load);
