#include "ops/hook_job.h"

#include "base/own.h"
#include "base/secret.h"
#include "base/str.h"

#include <string.h>

#define NAME_MAX_LEN 57 /* what Kubernetes adds for pods fits behind it */
#define KEPT_S 300

static bool holds_secret(const struct value *value)
{
	if (secret_suspected(value_text(value)))
		return true;
	for (size_t i = 0; i < value_len(value); i++)
		if (holds_secret(value_at(value, i)))
			return true;
	return false;
}

static const struct value *texts(struct arena *arena, const struct texts *texts)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < texts->len; i++)
		list_add(list, value_str(arena, texts->at[i]));
	return list_end(list);
}

static void add(struct map_builder *map, const char *key, const struct value *value)
{
	if (value_len(value) || value_text(value))
		map_add(map, key, value);
}

static const struct value *one_text(struct arena *arena, const char *key, const char *text)
{
	struct map_builder *map = map_begin(arena);

	map_add(map, key, value_str(arena, text));
	return map_end(map);
}

/* As little as the controller in the cluster gives its hooks. */
static const struct value *container_security(struct arena *arena)
{
	struct map_builder *map = map_begin(arena), *drop = map_begin(arena);
	struct list_builder *all = list_begin(arena);

	list_add(all, value_str(arena, "ALL"));
	map_add(drop, "drop", list_end(all));
	map_add(map, "allowPrivilegeEscalation", value_of_bool(arena, false));
	map_add(map, "readOnlyRootFilesystem", value_of_bool(arena, true));
	map_add(map, "capabilities", map_end(drop));
	return map_end(map);
}

static const struct value *pod_security(struct arena *arena)
{
	static const char *const ids[] = { "runAsUser", "runAsGroup", "fsGroup" };
	struct map_builder *map = map_begin(arena);

	map_add(map, "runAsNonRoot", value_of_bool(arena, true));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		map_add(map, ids[i], value_of_int(arena, 65532));
	map_add(map, "seccompProfile", one_text(arena, "type", "RuntimeDefault"));
	return map_end(map);
}

static const struct value *container(struct arena *arena, const struct declared_hook *hook)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *list = list_begin(arena);

	map_add(map, "name", value_str(arena, "hook"));
	map_add(map, "image", value_str(arena, hook->image));
	map_add(map, "imagePullPolicy", value_str(arena, hook->pull_policy));
	add(map, "command", texts(arena, &hook->command));
	add(map, "args", texts(arena, &hook->args));
	add(map, "env", hook->env);
	add(map, "envFrom", hook->env_from);
	add(map, "volumeMounts", hook->mounts);
	map_add(map, "securityContext", container_security(arena));
	list_add(list, map_end(map));
	return list_end(list);
}

static const struct value *pod_spec(struct arena *arena, const struct declared_hook *hook)
{
	struct map_builder *map = map_begin(arena);
	struct list_builder *tolerations = list_begin(arena);

	list_add(tolerations, one_text(arena, "operator", "Exists"));
	map_add(map, "restartPolicy", value_str(arena, "Never"));
	add(map, "serviceAccountName", value_str(arena, hook->service_account));
	map_add(map, "tolerations", list_end(tolerations));
	map_add(map, "securityContext", pod_security(arena));
	map_add(map, "containers", container(arena, hook));
	add(map, "volumes", hook->volumes);
	return map_end(map);
}

static const char *job_name(struct arena *arena, const struct hook_job *job)
{
	char *name = arena_printf(arena, "%s-%s-%s", job->resource, job->when, job->hook->name);
	size_t len = strlen(name);

	for (len = len > NAME_MAX_LEN ? NAME_MAX_LEN : len; len && name[len - 1] == '-'; len--)
		;
	name[len] = '\0';
	return name;
}

static const struct value *metadata(struct arena *arena, const struct hook_job *job)
{
	struct map_builder *map = map_begin(arena), *labels = map_begin(arena);

	map_add(labels, "app.kubernetes.io/name", value_str(arena, "talos-upgrade-hook"));
	map_add(labels, "app.kubernetes.io/managed-by", value_str(arena, "talforge"));
	map_add(map, "name", value_str(arena, job_name(arena, job)));
	map_add(map, "namespace", value_str(arena, job->ns ? job->ns : HOOK_NAMESPACE));
	map_add(map, "labels", map_end(labels));
	return map_end(map);
}

int hook_job_args(struct arena *arena, const struct hook_job *job, const struct value **out,
		  struct err *err)
{
	struct map_builder *object = map_begin(arena), *spec = map_begin(arena),
			   *template = map_begin(arena), *args = map_begin(arena);

	map_add(template, "spec", pod_spec(arena, job->hook));
	map_add(spec, "backoffLimit", value_of_u64(arena, job->hook->backoff_limit));
	map_add(spec, "activeDeadlineSeconds", value_of_u64(arena, job->hook->deadline_s));
	map_add(spec, "ttlSecondsAfterFinished", value_of_int(arena, KEPT_S));
	map_add(spec, "template", map_end(template));
	map_add(object, "apiVersion", value_str(arena, "batch/v1"));
	map_add(object, "kind", value_str(arena, "Job"));
	map_add(object, "metadata", metadata(arena, job));
	map_add(object, "spec", map_end(spec));
	map_add(args, "hook", value_str(arena, job->hook->name));
	map_add(args, "job", map_end(object));
	*out = map_end(args);
	if (!holds_secret(value_get(*out, "job")))
		return 0;
	err_set(err, ERR_REFUSED, "hook %s of TalosUpgrade %s seems to hold a secret",
		job->hook->name, job->resource);
	return err_hint(err, "plans are shown and kept: let it come from a Secret of the cluster");
}
