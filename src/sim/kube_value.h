/*
 * Kubernetes objects as values: look into them, change a part, write them down shortly.
 *
 *	const char *node = kube_text(pod, "spec.nodeName");            "" when there is none
 *	pod = kube_with(arena, pod, "status.phase", value_str(arena, "Running"));
 *	value = kube_yaml(arena, "{kind: Node, metadata: {name: '%s'}}", name);
 *
 * Paths are keys with dots between them, so only for keys that have none. Nothing is changed in
 * place: what changes are copies in the arena that share the rest.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "tree/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const struct value *kube_at(const struct value *value, const char *path);
const char *kube_text(const struct value *value, const char *path); /* never NULL */
bool kube_is(const struct value *value, const char *path, const char *text);
int64_t kube_int(const struct value *value, const char *path, int64_t otherwise);
bool kube_flag(const struct value *value, const char *path);

/* With that part replaced, or removed when `part` is NULL; maps on the way are made. */
const struct value *kube_with(struct arena *arena, const struct value *value, const char *path,
			      const struct value *part);
const struct value *kube_with_text(struct arena *arena, const struct value *value,
				   const char *path, const char *text);
/* An entry of metadata.labels or metadata.annotations. */
const struct value *kube_label_of(const struct value *value, const char *key);
const struct value *kube_annotation_of(const struct value *value, const char *key);

/* A literal in YAML's short form; the arguments may not hold quotes or line breaks. */
const struct value *kube_yaml(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* "2026-01-02T03:04:05Z" */
const struct value *kube_time(struct arena *arena, uint64_t wall);
const struct value *kube_time_micro(struct arena *arena, uint64_t wall); /* of Leases */
/* Compact JSON; behind what is there. */
void kube_json(struct str *out, const struct value *value);
/* A hash in the letters that names of pods use. */
const char *kube_hash(struct arena *arena, const struct value *value);

/* The entry of a list of maps whose `key` has that text; NULL: none. */
const struct value *kube_entry(const struct value *list, const char *key, const char *text);
/* With that entry put into the list in place of the one with the same `key`. */
const struct value *kube_list_with(struct arena *arena, const struct value *list, const char *key,
				   const struct value *entry);
const struct value *kube_list_without(struct arena *arena, const struct value *list,
				      const char *key, const char *text);
/* Both lists, one after the other. */
const struct value *kube_list_join(struct arena *arena, const struct value *a,
				   const struct value *b);
/* A condition in status.conditions; its transition time stays when its status does. */
struct kube_condition {
	const char *type, *status, *reason, *message;
};
const struct value *kube_with_condition(struct arena *arena, const struct value *object,
					const struct kube_condition *condition, uint64_t wall);
bool kube_has_condition(const struct value *object, const char *type); /* its status is True */
