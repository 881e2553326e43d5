#include "stage.h"

#include "base/clock.h"
#include "cosi.pb-c.h"
#include "machine.pb-c.h"
#include "resources.pb-c.h"

#include <criterion/criterion.h>
#include <string.h>

#define STATUS_TYPE "MachineStatuses.runtime.talos.dev"

static void watch_request(struct stage *stage, const char *id, struct stage_call *call)
{
	Cosi__Resource__WatchRequest request = COSI__RESOURCE__WATCH_REQUEST__INIT;
	Cosi__Resource__WatchOptions options = COSI__RESOURCE__WATCH_OPTIONS__INIT;
	uint8_t *data;

	request.namespace_ = (char *)"runtime";
	request.type = (char *)STATUS_TYPE;
	request.api_version = 1;
	request.options = &options;
	if (id) {
		request.has_id_case = COSI__RESOURCE__WATCH_REQUEST__HAS_ID_ID;
		request.id = (char *)id;
	}
	call->len = cosi__resource__watch_request__get_packed_size(&request);
	call->message = data = arena_alloc(stage->arena, call->len + 1);
	cosi__resource__watch_request__pack(&request, data);
	call->method = "cosi.resource.State/Watch";
	call->streaming = true;
	call->timeout = DAY;
}

static unsigned stage_of(const Cosi__Resource__Resource *resource)
{
	Resource__MachineStatusSpec *spec = resource__machine_status_spec__unpack(
		NULL, resource->spec->proto_spec.len, resource->spec->proto_spec.data);
	unsigned number;

	cr_assert(spec);
	number = (unsigned)spec->stage;
	resource__machine_status_spec__free_unpacked(spec, NULL);
	return number;
}

/* The stages seen by a watch, one digit each. */
static const char *stages_seen(struct stage *stage, const struct reply *reply)
{
	char *digits = arena_alloc(stage->arena, reply->messages + 1);
	size_t count = 0;

	for (size_t i = 0; i < reply->messages; i++) {
		Cosi__Resource__WatchResponse *message = cosi__resource__watch_response__unpack(
			NULL, reply->len[i], reply->message[i]);

		cr_assert(message);
		for (size_t k = 0; k < message->n_event; k++) {
			const Cosi__Resource__Event *event = message->event[k];
			char digit = (char)('0' + stage_of(event->resource));

			cr_assert(event->resource->metadata && event->resource->spec);
			cr_assert_eq(event->old != NULL,
				     event->event_type == COSI__RESOURCE__EVENT_TYPE__UPDATED);
			if (!count || digits[count - 1] != digit)
				digits[count++] = digit;
		}
		cosi__resource__watch_response__free_unpacked(message, NULL);
	}
	return digits;
}

Test(cosi, a_watch_sees_a_node_boot)
{
	struct stage stage;
	struct stage_stream stream;
	struct stage_call call = { .address = CP1 };

	stage_init(&stage, 1, 0);
	stage_install(&stage);
	call.identity = stage.admin;
	watch_request(&stage, "machine", &call);
	stage_start(&stage, &call, &stream);
	stage_wait(&stage, SECOND);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, MINUTE);
	cr_assert_eq(stage_ask(&stage, CP1, stage.admin, "machine.MachineService/Reboot")->err.kind,
		     ERR_NONE);
	stage_wait(&stage, MINUTE);
	cr_assert(stream.reply.ended);
	cr_assert_eq(stream.reply.err.kind, ERR_NET);
	/* booting, running, rebooting: then it breaks */
	cr_assert_str_eq(stages_seen(&stage, &stream.reply), "145");
	stage_stop(&stream);
	stage_done(&stage);
}

Test(cosi, a_watch_of_a_kind_begins_with_nothing)
{
	struct stage stage;
	struct stage_stream stream;
	struct stage_call call = { .address = CP1 };

	stage_init(&stage, 1, 0);
	watch_request(&stage, NULL, &call);
	stage_start(&stage, &call, &stream);
	stage_wait(&stage, MINUTE);
	cr_assert_eq(stream.reply.messages, 1);
	cr_assert_eq(stream.reply.len[0], 0);
	stage_stop(&stream);
	stage_done(&stage);
}

/* The ids of all resources of that type, a space behind each. */
static const char *ids_listed(struct stage *stage, const char *address, const char *ns,
			      const char *type)
{
	Cosi__Resource__ListRequest request = COSI__RESOURCE__LIST_REQUEST__INIT;
	const char *ids = "";
	uint8_t data[200];

	request.namespace_ = (char *)ns;
	request.type = (char *)type;
	cr_assert_lt(cosi__resource__list_request__get_packed_size(&request), sizeof(data));
	const struct stage_call call = { .address = address,
					 .identity = stage->admin,
					 .method = "cosi.resource.State/List",
					 .message = data,
					 .len = cosi__resource__list_request__pack(&request, data),
					 .streaming = true };
	const struct reply *reply = stage_run(stage, &call);

	cr_assert_eq(reply->err.kind, ERR_NONE, "%s", reply->err.text);
	for (size_t i = 0; i < reply->messages; i++) {
		Cosi__Resource__ListResponse *message = cosi__resource__list_response__unpack(
			NULL, reply->len[i], reply->message[i]);

		cr_assert(message && message->resource->metadata);
		ids = arena_printf(stage->arena, "%s%s ", ids, message->resource->metadata->id);
		cosi__resource__list_response__free_unpacked(message, NULL);
	}
	return ids;
}

Test(cosi, control_planes_show_their_bootstrap_manifests)
{
	struct stage stage;

	stage_init(&stage, 1, 1);
	stage_install(&stage);
	cr_assert_str_eq(ids_listed(&stage, CP1, "controlplane", "Manifests.kubernetes.talos.dev"),
			 "00-kubelet-bootstrapping-token 01-csr-approver-role-binding "
			 "01-csr-node-bootstrap 01-csr-renewal-role-binding 05-flannel "
			 "10-kube-proxy 11-core-dns 11-core-dns-svc 11-kube-config-in-cluster ");
	cr_assert_str_eq(ids_listed(&stage, W1, "controlplane", "Manifests.kubernetes.talos.dev"),
			 "");
	stage_done(&stage);
}

Test(cosi, nodes_show_what_runs_kubernetes)
{
	struct stage stage;

	stage_init(&stage, 1, 1);
	stage_install(&stage);
	cr_assert_str_eq(ids_listed(&stage, CP1, "k8s", "StaticPods.kubernetes.talos.dev"),
			 "kube-apiserver kube-controller-manager kube-scheduler ");
	cr_assert_str_eq(ids_listed(&stage, W1, "k8s", "StaticPods.kubernetes.talos.dev"), "");
	cr_assert_str_eq(ids_listed(&stage, CP1, "k8s", "KubeletSpecs.kubernetes.talos.dev"),
			 "kubelet ");
	cr_assert_str_eq(ids_listed(&stage, W1, "k8s", "KubeletSpecs.kubernetes.talos.dev"),
			 "kubelet ");
	stage_done(&stage);
}

Test(events, end_well_when_the_node_reboots)
{
	struct stage stage;
	struct stage_stream stream;
	const char *boot_id;

	stage_init(&stage, 1, 0);
	stage_install(&stage);
	cr_assert_eq(stage_bootstrap(&stage, CP1), 0);
	stage_wait(&stage, MINUTE);
	boot_id = stage_fact(&stage, "cp1")->boot_id;
	stage_start(&stage,
		    &(struct stage_call){ .address = CP1,
					  .identity = stage.admin,
					  .method = "machine.MachineService/Events",
					  .timeout = DAY,
					  .streaming = true },
		    &stream);
	stage_wait(&stage, SECOND);
	cr_assert_eq(stage_ask(&stage, CP1, stage.admin, "machine.MachineService/Reboot")->err.kind,
		     ERR_NONE);
	stage_wait(&stage, 2 * MINUTE);
	cr_assert(stream.reply.ended);
	cr_assert_eq(stream.reply.err.kind, ERR_NONE, "%s", stream.reply.err.text);
	cr_assert_gt(stream.reply.messages, 10);
	cr_assert_str_eq(stage_fact(&stage, "cp1")->stage, "running");
	cr_assert_str_neq(stage_fact(&stage, "cp1")->boot_id, boot_id);
	cr_assert_eq(stage_fact(&stage, "cp1")->bootstraps, 1);
	stage_stop(&stream);
	stage_done(&stage);
}
