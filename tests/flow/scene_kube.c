#include "flow/scene.h"

#include "kube/kube.h"
#include "tree/json.h"

#include <criterion/criterion.h>
#include <string.h>

struct asking {
	struct kube_call call;
	struct scene *scene;
	struct err err;
};

static void answered(struct kube_call *call, const struct err *err)
{
	struct asking *asking = container_of(call, struct asking, call);

	asking->err = *err;
	loop_stop(asking->scene->loop);
}

int scene_kube(struct scene *scene, const struct kube_request *request, const struct value **out,
	       struct err *err)
{
	static const struct kube_call_ops ops = { answered };
	struct site *site OWNED(site_free) = NULL;
	struct asking asking = { .scene = scene };
	struct err ran = ERR_INIT;

	cr_assert_eq(scene_site(scene, &site, &ran), 0, "%s", ran.text);
	kube_start(&asking.call, site_kube(site), request, &ops);
	cr_assert_eq(loop_run(scene->loop, &ran), 0, "%s", ran.text);
	if (out && asking.call.reply)
		*out = value_copy(scene->arena, asking.call.reply);
	kube_call_done(&asking.call);
	if (err)
		*err = asking.err;
	return err_is_set(&asking.err) ? -1 : 0;
}

void scene_create(struct scene *scene, const char *json)
{
	const struct value *body;
	struct err err = ERR_INIT;

	cr_assert_eq(json_read(scene->arena, NULL, json, strlen(json), &body, &err), 0, "%s",
		     err.text);
	cr_assert_eq(scene_kube(scene,
				&(struct kube_request){ .verb = KUBE_CREATE, .body = body }, NULL,
				&err),
		     0, "%s", err.text);
}
