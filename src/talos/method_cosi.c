#include "base/clock.h"
#include "cosi.pb-c.h"
#include "rpc/status.h"
#include "talos/proto.h"
#include "talos/talos.h"

#include <assert.h>
#include <string.h>

#define API_VERSION 1 /* with 0 a watch never tells that all is there */

static void get_pack(const void *request, struct str *out)
{
	const struct talos_get_request *get = request;
	const char *id = get->id ? get->id : get->type->singleton;
	Cosi__Resource__GetRequest message = COSI__RESOURCE__GET_REQUEST__INIT;

	assert(id);
	message.namespace_ = proto_text(get->type->ns);
	message.type = proto_text(get->type->type);
	message.id = proto_text(id);
	proto_pack(&message.base, out);
}

static void list_pack(const void *request, struct str *out)
{
	const struct talos_get_request *get = request;
	Cosi__Resource__ListRequest message = COSI__RESOURCE__LIST_REQUEST__INIT;

	assert(!get->id);
	message.namespace_ = proto_text(get->type->ns);
	message.type = proto_text(get->type->type);
	proto_pack(&message.base, out);
}

/* Nodes refuse to be asked for what is there when one resource is watched: they tell it anyway. */
static void watch_pack(const void *request, struct str *out)
{
	const struct talos_get_request *get = request;
	Cosi__Resource__WatchOptions options = COSI__RESOURCE__WATCH_OPTIONS__INIT;
	Cosi__Resource__WatchRequest message = COSI__RESOURCE__WATCH_REQUEST__INIT;

	message.namespace_ = proto_text(get->type->ns);
	message.type = proto_text(get->type->type);
	if (get->id) {
		message.has_id_case = COSI__RESOURCE__WATCH_REQUEST__HAS_ID_ID;
		message.id = proto_text(get->id);
	}
	options.bootstrap_contents = !get->id;
	message.options = &options;
	message.api_version = API_VERSION;
	proto_pack(&message.base, out);
}

/* All but the spec. The type is compared because the spec will be cast to what that type has. */
static int head_read(const Cosi__Resource__Resource *resource,
		     const struct talos_resource_type *asked, struct talos_resource *out,
		     struct err *err)
{
	const Cosi__Resource__Metadata *metadata = resource ? resource->metadata : NULL;

	if (!metadata)
		return err_set(err, ERR_REMOTE, "the answer names no resource");
	if (strcmp(metadata->type, asked->type) != 0)
		return err_set(err, ERR_REMOTE, "the answer is about something else than %s",
			       asked->type);
	*out = (struct talos_resource){
		.type = asked->type,
		.ns = metadata->namespace_,
		.id = metadata->id,
		.version = metadata->version,
	};
	return 0;
}

static int resource_read(struct arena *arena, const Cosi__Resource__Resource *resource,
			 const struct talos_resource_type *asked, struct talos_resource *out,
			 struct err *err)
{
	if (head_read(resource, asked, out, err) < 0)
		return -1;
	if (!asked->unpack)
		return 0;
	if (!resource->spec)
		return err_set(err, ERR_REMOTE, "the resource has no spec");

	const ProtobufCBinaryData *spec = &resource->spec->proto_spec;
	return asked->unpack(arena, spec->data, spec->len, &out->spec, err);
}

static int reply_read(struct arena *arena, const Cosi__Resource__Resource *resource,
		      const struct talos_resource_type *asked, const void **out, struct err *err)
{
	struct talos_resource *reply = arena_alloc(arena, sizeof(*reply));

	if (resource_read(arena, resource, asked, reply, err) < 0)
		return -1;
	*out = reply;
	return 0;
}

static int get_unpack(struct arena *arena, const struct talos_message *message, const void **out,
		      struct err *err)
{
	const Cosi__Resource__GetResponse *reply =
		proto_unpack(arena, &cosi__resource__get_response__descriptor, message->data,
			     message->len, err);

	return reply ? reply_read(arena, reply->resource, message->asked, out, err) : -1;
}

static int list_unpack(struct arena *arena, const struct talos_message *message, const void **out,
		       struct err *err)
{
	const Cosi__Resource__ListResponse *reply =
		proto_unpack(arena, &cosi__resource__list_response__descriptor, message->data,
			     message->len, err);

	return reply ? reply_read(arena, reply->resource, message->asked, out, err) : -1;
}

/* 1: an event that says nothing about a resource. */
static int change_read(struct arena *arena, const Cosi__Resource__Event *event,
		       const struct talos_resource_type *asked, struct talos_change *out,
		       struct err *err)
{
	struct talos_resource *resource = &out->resource;

	switch (event->event_type) {
	case COSI__RESOURCE__EVENT_TYPE__CREATED:
		out->kind = CHANGE_CREATED;
		return resource_read(arena, event->resource, asked, resource, err);
	case COSI__RESOURCE__EVENT_TYPE__UPDATED:
		out->kind = CHANGE_UPDATED;
		return resource_read(arena, event->resource, asked, resource, err);
	case COSI__RESOURCE__EVENT_TYPE__DESTROYED:
		out->kind = CHANGE_DESTROYED;
		return head_read(event->resource, asked, resource, err);
	case COSI__RESOURCE__EVENT_TYPE__BOOTSTRAPPED:
		out->kind = CHANGE_ALL_THERE;
		return 0;
	case COSI__RESOURCE__EVENT_TYPE__ERRORED:
		return rpc_status_err(err, RPC_UNKNOWN,
				      event->has_error_case ? event->error : NULL);
	default:
		return 1;
	}
}

static int watch_unpack(struct arena *arena, const struct talos_message *message, const void **out,
			struct err *err)
{
	const Cosi__Resource__WatchResponse *reply =
		proto_unpack(arena, &cosi__resource__watch_response__descriptor, message->data,
			     message->len, err);
	struct talos_change *change = arena_alloc(arena, sizeof(*change));
	int r = 0;

	if (!reply)
		return -1;
	if (reply->n_event > 1)
		return err_set(err, ERR_REMOTE, "%zu changes came at once, unasked",
			       reply->n_event);
	*change = (struct talos_change){
		.kind = CHANGE_READY,
		.resource = { .type = message->asked->type,
			      .ns = message->asked->ns,
			      .id = "",
			      .version = "" },
	};
	if (reply->n_event == 1)
		r = change_read(arena, reply->event[0], message->asked, change, err);
	if (r == 0)
		*out = change;
	return r;
}

const struct talos_method talos_get = {
	.name = "Get",
	.path = "/cosi.resource.State/Get",
	.phrase = "read",
	.timeout = 10 * SECOND,
	.resources = true,
	.pack = get_pack,
	.unpack = get_unpack,
};

const struct talos_method talos_list = {
	.name = "List",
	.path = "/cosi.resource.State/List",
	.phrase = "read",
	.timeout = 20 * SECOND,
	.streaming = true,
	.resources = true,
	.pack = list_pack,
	.unpack = list_unpack,
};

const struct talos_method talos_watch = {
	.name = "Watch",
	.path = "/cosi.resource.State/Watch",
	.phrase = "watch",
	.timeout = DAY,
	.streaming = true,
	.endless = true,
	.resources = true,
	.pack = watch_pack,
	.unpack = watch_unpack,
};
