#include "base/text.h"
#include "sim/kube_call.h"
#include "sim/kube_fields.h"
#include "sim/kube_patch.h"
#include "sim/kube_value.h"
#include "sim/world_impl.h"
#include "tree/yaml.h"

#include <string.h>

static const struct kube_problem bad_request = { 400, "BadRequest", NULL };

static bool is_dry(const struct kube_call *call)
{
	return *call_query(call, "dryRun") || kube_is(value_at(kube_at(call->input, "dryRun"), 0),
						      NULL, "All");
}

/* The manager whom the client names, or the first word of its agent. */
static struct kube_manager manager_of(const struct kube_call *call, const char *operation)
{
	const char *name = call_query(call, "fieldManager");

	if (!*name)
		name = arena_strn(call->arena, call->agent, strcspn(call->agent, "/ "));
	return (struct kube_manager){
		.name = *name ? name : "unknown",
		.operation = operation,
		.version = type_group_version(call->arena, call->type, call->version),
		.sub = call->sub,
		.wall = kube_wall(call->kube),
	};
}

static const struct value *keep(struct arena *arena, const struct value *to,
				const struct value *from, const char *path)
{
	return kube_with(arena, to, path, kube_at(from, path));
}

static const struct value *stored_version(struct kube_call *call, const struct value *object)
{
	return kube_with_text(call->arena, object, "apiVersion",
			      type_group_version(call->arena, call->type,
						 call->type->versions[0]));
}

/* ---- creating -------------------------------------------------------------------------------- */

static bool is_recognized(struct kube_call *call, const struct value *object)
{
	const char *version = type_group_version(call->arena, call->type, call->version);

	if (!value_is_map(object)) {
		reply_problem(call, &bad_request, "the object provided is unrecognized");
		return false;
	}
	if ((*kube_text(object, "kind") && !kube_is(object, "kind", call->type->kind)) ||
	    (*kube_text(object, "apiVersion") && !kube_is(object, "apiVersion", version))) {
		reply_problem(call, &bad_request,
			      "the API version in the data (%s) does not match the expected API "
			      "version (%s)",
			      kube_text(object, "apiVersion"), version);
		return false;
	}
	if (*kube_text(object, "metadata.namespace") && *call->space &&
	    !kube_is(object, "metadata.namespace", call->space)) {
		reply_problem(call, &bad_request,
			      "the namespace of the provided object does not match the namespace "
			      "sent on the request");
		return false;
	}
	return true;
}

static const struct value *with_name(struct kube_call *call, const struct value *object)
{
	const char *prefix = kube_text(object, "metadata.generateName");

	if (*kube_text(object, "metadata.name") || !*prefix)
		return object;
	return kube_with_text(
		call->arena, object, "metadata.name",
		arena_printf(call->arena, "%s%s", prefix,
			     random_letters(call->kube->world->random, call->arena,
					    "bcdfghjklmnpqrstvwxz2456789", 5)));
}

static bool has_place(struct kube_call *call)
{
	if (!call->type->namespaced)
		return true;
	if (!*call->space) {
		reply_problem(call, &(struct kube_problem){ 405, "MethodNotAllowed", NULL },
			      "the server does not allow this method on the requested resource");
		return false;
	}
	if (kube_find(call->kube, "namespaces", "", call->space))
		return true;
	reply_problem(call,
		      &(struct kube_problem){ 404, "NotFound",
					      kube_yaml(call->arena,
							"{name: '%s', kind: namespaces}",
							call->space) },
		      "namespaces \"%s\" not found", call->space);
	return false;
}

/* What only the server sets. */
static const struct value *as_new(struct kube_call *call, const struct value *object)
{
	static const char *const paths[] = {
		"metadata.uid",
		"metadata.creationTimestamp",
		"metadata.resourceVersion",
		"metadata.generation",
		"metadata.deletionTimestamp",
		"metadata.managedFields",
		"metadata.selfLink",
		"metadata.deletionGracePeriodSeconds",
	};
	struct arena *arena = call->arena;

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		object = kube_with(arena, object, paths[i], NULL);
	if ((call->type->features & KUBE_STATUS) && value_has(object, "status"))
		object = value_set(arena, object, "status", NULL);
	object = kube_with_text(arena, object, "kind", call->type->kind);
	object = kube_with(arena, object, "metadata.namespace",
			   call->type->namespaced ? value_str(arena, call->space) : NULL);
	if (call->type->features & KUBE_GENERATION)
		object = kube_with(arena, object, "metadata.generation", value_of_int(arena, 1));
	return check_defaults(call, stored_version(call, object));
}

/* `managed` has its managers already, as an apply makes them. */
static void create(struct kube_call *call, const struct value *object, bool managed)
{
	struct kube_manager manager = manager_of(call, "Update");
	const struct value *managers = kube_at(object, "metadata.managedFields");

	object = as_new(call, with_name(call, object));
	call->name = kube_text(object, "metadata.name");
	if (!*call->name) {
		reply_invalid(call, "metadata.name", "Required value: name or generateName is "
						     "required");
		return;
	}
	if (store_find(call->type, call->space, call->name)) {
		reply_problem(call, &(struct kube_problem){ 409, "AlreadyExists", NULL },
			      "%s \"%s\" already exists",
			      type_full_name(call->arena, call->type), call->name);
		return;
	}
	if (!check_object(call, NULL, object))
		return;
	object = managed ? kube_with(call->arena, object, "metadata.managedFields", managers)
			 : fields_updated(call->arena, NULL, object, &manager);
	if (!is_dry(call))
		object = store_put(&call->kube->store, call->type, object)->now->value;
	reply_value(call, 201, shown(call, object));
}

void write_create(struct kube_call *call)
{
	if (*call->name || *call->sub) {
		reply_problem(call, &(struct kube_problem){ 405, "MethodNotAllowed", NULL },
			      "the server does not allow this method on the requested resource");
		return;
	}
	if (!is_recognized(call, call->input) || !has_place(call))
		return;
	if (*kube_text(call->input, "metadata.resourceVersion")) {
		reply_problem(call, &bad_request,
			      "resourceVersion should not be set on objects to be created");
		return;
	}
	create(call, call->input, false);
}

/* ---- changing -------------------------------------------------------------------------------- */

static const struct value *body_of(struct arena *arena, const struct value *object)
{
	object = value_set(arena, object, "metadata", NULL);
	return value_set(arena, object, "status", NULL);
}

/* Of an update only that part counts which it is for. */
static const struct value *changed_part(struct kube_call *call, const struct value *before,
					const struct value *after)
{
	static const char *const fixed[] = { "metadata.uid", "metadata.creationTimestamp",
					     "metadata.deletionTimestamp", "metadata.generation",
					     "metadata.deletionGracePeriodSeconds",
					     "metadata.namespace", "metadata.resourceVersion" };
	struct arena *arena = call->arena;
	int64_t generation = kube_int(before, "metadata.generation", 0);

	if (!strcmp(call->sub, "status")) {
		const struct value *managers = kube_at(after, "metadata.managedFields");

		after = keep(arena, before, after, "status");
		return kube_with(arena, after, "metadata.managedFields", managers);
	}
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		after = keep(arena, after, before, fixed[i]);
	if (call->type->features & KUBE_STATUS)
		after = keep(arena, after, before, "status");
	after = kube_with_text(arena, after, "kind", call->type->kind);
	after = check_defaults(call, stored_version(call, after));
	if ((call->type->features & KUBE_GENERATION) &&
	    !value_equal(body_of(arena, before), body_of(arena, after)))
		after = kube_with(arena, after, "metadata.generation",
				  value_of_int(arena, generation + 1));
	return after;
}

static bool is_current(struct kube_call *call, const struct value *before,
		       const struct value *after)
{
	const char *revision = kube_text(after, "metadata.resourceVersion");
	const char *uid = kube_text(after, "metadata.uid");

	if (*uid && !kube_is(before, "metadata.uid", uid)) {
		reply_problem(call, &(struct kube_problem){ 409, "Conflict", NULL },
			      "Operation cannot be fulfilled on %s \"%s\": Precondition failed: "
			      "UID in precondition: %s, UID in object meta: %s",
			      type_full_name(call->arena, call->type), call->name, uid,
			      kube_text(before, "metadata.uid"));
		return false;
	}
	if (!*revision || !strcmp(revision, "0") ||
	    kube_is(before, "metadata.resourceVersion", revision))
		return true;
	reply_problem(call, &(struct kube_problem){ 409, "Conflict", NULL },
		      "Operation cannot be fulfilled on %s \"%s\": the object has been modified; "
		      "please apply your changes to the latest version and try again",
		      type_full_name(call->arena, call->type), call->name);
	return false;
}

/* Nothing but the order or the time of managers differs. */
static bool is_same(struct arena *arena, const struct value *before, const struct value *after)
{
	const char *path = "metadata.managedFields";
	const struct value *old = kube_at(before, path), *now = kube_at(after, path);

	if (!value_equal(kube_with(arena, before, path, NULL), kube_with(arena, after, path, NULL)))
		return false;
	for (size_t i = 0; i < value_len(now); i++) {
		bool found = false;

		for (size_t k = 0; k < value_len(old); k++)
			found = found ||
				value_equal(value_set(arena, value_at(old, k), "time", NULL),
					    value_set(arena, value_at(now, i), "time", NULL));
		if (!found)
			return false;
	}
	return value_len(old) == value_len(now);
}

static bool is_scale(const struct kube_call *call)
{
	return !strcmp(call->sub, "scale");
}

static void reply_changed(struct kube_call *call, const struct value *object)
{
	reply_value(call, 200,
		    is_scale(call) ? scale_of(call->arena, object) : shown(call, object));
}

static void commit(struct kube_call *call, struct kube_object *object, const struct value *after,
		   bool managed)
{
	const struct value *before = object->now->value;
	struct kube_manager manager = manager_of(call, "Update");
	bool ends;

	if (!is_current(call, before, after))
		return;
	after = changed_part(call, before, after);
	if (!check_object(call, before, after))
		return;
	if (!managed)
		after = fields_updated(call->arena, before, after, &manager);
	if (is_dry(call) || is_same(call->arena, before, after)) {
		reply_changed(call, is_dry(call) ? after : before);
		return;
	}
	ends = *kube_text(after, "metadata.deletionTimestamp") &&
	       !value_len(kube_at(after, "metadata.finalizers")) &&
	       !(call->type->features & KUBE_POD);
	object = store_put(&call->kube->store, call->type, after);
	after = value_copy(call->arena, object->now->value);
	if (ends)
		store_remove(&call->kube->store, object);
	reply_changed(call, after);
}

/* Of a Scale only the number counts. */
static const struct value *from_scale(struct kube_call *call, const struct value *object,
				      const struct value *scale)
{
	return keep(call->arena, object, scale, "spec.replicas");
}

void write_update(struct kube_call *call)
{
	struct kube_object *object = store_find(call->type, call->space, call->name);

	if (is_scale(call) && object) {
		commit(call, object, from_scale(call, object->now->value, call->input), false);
		return;
	}
	if (!is_recognized(call, call->input))
		return;
	if (!kube_is(call->input, "metadata.name", call->name)) {
		reply_problem(call, &bad_request,
			      "the name of the object (%s) does not match the name on the URL (%s)",
			      kube_text(call->input, "metadata.name"), call->name);
		return;
	}
	if (!object)
		reply_not_found(call);
	else
		commit(call, object, call->input, false);
}

/* ---- patching -------------------------------------------------------------------------------- */

static void reply_conflicts(struct kube_call *call, const struct kube_applied *applied)
{
	struct arena *arena = call->arena;
	struct list_builder *causes = list_begin(arena);
	const char *fields = "";
	bool one = applied->conflicts == 1;

	for (size_t i = 0; i < applied->conflicts; i++) {
		const struct kube_conflict *conflict = &applied->conflict[i];
		struct map_builder *cause = map_begin(arena);

		map_add(cause, "reason", value_str(arena, "FieldManagerConflict"));
		map_add(cause, "message",
			value_strf(arena, "conflict with \"%s\"", conflict->manager));
		map_add(cause, "field", value_str(arena, conflict->field));
		list_add(causes, map_end(cause));
		fields = arena_printf(arena, "%s%s%s", fields, one ? " " : "\n- ",
				      conflict->field);
	}

	const struct value *details =
		value_set(arena, map_end(map_begin(arena)), "causes", list_end(causes));

	reply_problem(call, &(struct kube_problem){ 409, "Conflict", details },
		      "Apply failed with %zu conflict%s: conflict%s with \"%s\":%s",
		      applied->conflicts, one ? "" : "s", one ? "" : "s",
		      applied->conflict[0].manager, fields);
}

/* What an apply may not say, and what it says in vain. */
static const struct value *applicable(struct kube_call *call)
{
	const struct value *config = call->input;

	if (!is_recognized(call, config))
		return NULL;
	if (!*call_query(call, "fieldManager")) {
		reply_problem(call, &(struct kube_problem){ 422, "Invalid", NULL },
			      "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required "
			      "value: is required for apply patch");
		return NULL;
	}
	if (value_len(kube_at(config, "metadata.managedFields"))) {
		reply_problem(call, &bad_request, "metadata.managedFields must be nil");
		return NULL;
	}
	if ((call->type->features & KUBE_STATUS) && !*call->sub && value_has(config, "status"))
		config = value_set(call->arena, config, "status", NULL);
	config = kube_with_text(call->arena, config, "metadata.name", call->name);
	return kube_with(call->arena, config, "metadata.namespace",
			 call->type->namespaced ? value_str(call->arena, call->space) : NULL);
}

static void apply(struct kube_call *call, struct kube_object *object)
{
	struct kube_manager manager = manager_of(call, "Apply");
	bool force = !strcmp(call_query(call, "force"), "true");
	const struct value *config = applicable(call);
	struct kube_applied applied;

	if (!config)
		return;
	if (!object && *call->sub) {
		reply_not_found(call);
		return;
	}
	fields_apply(call->arena, object ? object->now->value : NULL, config, &manager, force,
		     &applied);
	if (applied.conflicts)
		reply_conflicts(call, &applied);
	else if (object)
		commit(call, object, applied.value, true);
	else if (has_place(call))
		create(call, applied.value, true);
}

static int patched(struct kube_call *call, const struct value *before, const struct value **after,
		   struct err *err)
{
	struct arena *arena = call->arena;

	if (strstr(call->content_type, "json-patch"))
		return patch_json(arena, before, call->input, after, err);
	if (!value_is_map(call->input))
		return err_set(err, ERR_INPUT, "a patch is a map");
	*after = strstr(call->content_type, "strategic")
			 ? patch_strategic(arena, NULL, before, call->input)
			 : patch_merge(arena, before, call->input);
	return 0;
}

void write_patch(struct kube_call *call)
{
	struct kube_object *object = store_find(call->type, call->space, call->name);
	bool strategic = strstr(call->content_type, "strategic") != NULL;
	struct err err = ERR_INIT;
	const struct value *after;

	if (strstr(call->content_type, "apply-patch")) {
		apply(call, object);
		return;
	}
	if ((!strategic && !strstr(call->content_type, "patch+json")) ||
	    (strategic && call->type->custom)) {
		reply_problem(call, &(struct kube_problem){ 415, "UnsupportedMediaType", NULL },
			      "the body of the request was in an unknown format - accepted media "
			      "types include: application/json-patch+json, "
			      "application/merge-patch+json, application/apply-patch+yaml");
		return;
	}
	if (!object) {
		reply_not_found(call);
		return;
	}

	const struct value *before = object->now->value;
	const struct value *base = is_scale(call) ? scale_of(call->arena, before) : before;

	if (patched(call, base, &after, &err) < 0) {
		reply_problem(call,
			      err.kind == ERR_INPUT
				      ? &bad_request
				      : &(struct kube_problem){ 422, "Invalid", NULL },
			      "%s", err.text);
		return;
	}
	commit(call, object, is_scale(call) ? from_scale(call, before, after) : after, false);
}

/* ---- deleting -------------------------------------------------------------------------------- */

static struct kube_removal removal_of(const struct kube_call *call)
{
	struct kube_removal how = { .grace = kube_int(call->input, "gracePeriodSeconds", -1) };

	if (how.grace < 0)
		text_i64(call_query(call, "gracePeriodSeconds"), &how.grace);
	how.orphan = kube_is(call->input, "propagationPolicy", "Orphan") ||
		     !strcmp(call_query(call, "propagationPolicy"), "Orphan");
	return how;
}

void write_delete(struct kube_call *call)
{
	struct kube_object *object = store_find(call->type, call->space, call->name);
	struct kube_removal how = removal_of(call);
	const struct value *conditions = kube_at(call->input, "preconditions");
	const struct value *before;

	if (!object) {
		reply_not_found(call);
		return;
	}
	before = value_copy(call->arena, object->now->value);
	if (conditions && !is_current(call, before,
				      value_set(call->arena, map_end(map_begin(call->arena)),
						"metadata", conditions)))
		return;
	if (is_dry(call)) {
		reply_value(call, 200, shown(call, before));
		return;
	}
	kube_delete(call->kube, object, &how);
	object = store_find(call->type, call->space, call->name);
	if (object || (call->type->features & KUBE_POD)) {
		reply_value(call, 200, shown(call, object ? object->now->value : before));
		return;
	}
	reply_value(call, 200,
		    status_value(call,
				 &(struct kube_problem){
					 200, NULL,
					 kube_yaml(call->arena,
						   "{name: '%s', kind: %s, uid: '%s'}", call->name,
						   call->type->plural,
						   kube_text(before, "metadata.uid")) },
				 ""));
}

void write_delete_all(struct kube_call *call)
{
	struct kube_removal how = removal_of(call);
	struct err err = ERR_INIT;

	if (selector_parse(call->arena, call_query(call, "labelSelector"), &call->labels, &err) <
		    0 ||
	    fields_parse(call->arena, call->type, call_query(call, "fieldSelector"), &call->fields,
			 &err) < 0) {
		reply_problem(call, &bad_request, "%s", err.text);
		return;
	}
	for (size_t i = call->type->len; i-- > 0;) {
		struct kube_object *object = i < call->type->len ? call->type->at[i] : NULL;

		if (!object || (*call->space && strcmp(call->space, object->space) != 0) ||
		    !selector_matches(&call->labels,
				      kube_at(object->now->value, "metadata.labels")) ||
		    !fields_match(&call->fields, object->now->value))
			continue;
		kube_delete(call->kube, object, &how);
	}
	reply_value(call, 200,
		    status_value(call, &(struct kube_problem){ 200, NULL, NULL }, ""));
}
