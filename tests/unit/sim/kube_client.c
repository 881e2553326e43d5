#include "kube_client.h"

#include "base/clock.h"
#include "base/own.h"
#include "sim/kube_value.h"
#include "tree/json.h"

#include <assert.h>
#include <string.h>

static struct ask *ask_of(struct http_exchange *exchange)
{
	return container_of(exchange, struct ask, exchange);
}

static void on_head(struct http_exchange *exchange, int status, const struct http_header *header,
		    size_t headers)
{
	(void)header;
	(void)headers;
	ask_of(exchange)->status = status;
}

static void on_body(struct http_exchange *exchange, const void *data, size_t len)
{
	str_addn(&ask_of(exchange)->body, data, len);
}

static void on_end(struct http_exchange *exchange, const struct err *err)
{
	struct ask *ask = ask_of(exchange);

	ask->err = *err;
	ask->ended = true;
	loop_stop(ask->stage->loop);
}

static const struct http_ops ops = { on_head, on_body, on_end };

const struct identity *kube_identity(struct stage *stage, const char *group)
{
	struct identity *identity = arena_alloc(stage->arena, sizeof(*identity));
	const char *const groups[] = { group, NULL };
	const struct x509_request request = { .common_name = "somebody",
					      .organizations = groups,
					      .usage = X509_CLIENT,
					      .now = STAGE_WALL - DAY,
					      .lifetime = 300 * DAY };
	int r = x509_issue(stage->arena, &stage->bundle->kubernetes, &request, identity, NULL);

	assert(r == 0);
	(void)r;
	return identity;
}

static const struct http_target *target_of(struct stage *stage, const struct asked *asked)
{
	struct http_target *target = arena_alloc(stage->arena, sizeof(*target));
	struct trust *trust = arena_alloc(stage->arena, sizeof(*trust));

	trust->ca = stage->bundle->kubernetes.cert;
	target->host = asked->host ? asked->host : CP1;
	target->port = 6443;
	target->trust = asked->trust ? asked->trust : trust;
	target->identity = asked->identity;
	if (!asked->identity && !asked->nobody)
		target->identity = kube_identity(stage, "system:masters");
	return target;
}

struct ask *kube_start(struct stage *stage, const struct asked *asked)
{
	struct ask *ask = arena_alloc(stage->arena, sizeof(*ask));
	const struct http_header headers[] = {
		{ "content-type", asked->type ? asked->type : "application/json" },
		{ "user-agent", "stage/1" },
	};
	const struct http_request request = {
		.method = asked->method,
		.path = asked->path,
		.header = headers,
		.headers = ARRAY_LEN(headers),
		.body = asked->body,
		.len = asked->body ? strlen(asked->body) : 0,
		.timeout = asked->timeout,
	};

	ask->stage = stage;
	str_init(&ask->body, (size_t)16 << 20);
	http_start(world_http(stage->world), &ask->exchange, target_of(stage, asked), &request,
		   &ops);
	return ask;
}

void kube_stop(struct ask *ask)
{
	http_cancel(&ask->exchange);
	str_done(&ask->body);
}

struct ask *kube_run(struct stage *stage, const struct asked *asked)
{
	struct asked bounded = *asked;
	struct ask *ask;

	bounded.timeout = asked->timeout ? asked->timeout : 10 * SECOND;
	ask = kube_start(stage, &bounded);
	while (!ask->ended && loop_run(stage->loop, NULL) == 0)
		;
	if (ask->body.len)
		json_read(stage->arena, "reply", str_text(&ask->body), ask->body.len, &ask->value,
			  NULL);
	str_done(&ask->body);
	return ask;
}

struct ask *kube_ask(struct stage *stage, const char *method, const char *path, const char *body)
{
	const char *type = !strcmp(method, "PATCH") ? "application/merge-patch+json" : NULL;

	return kube_run(stage, &(struct asked){ .method = method,
						.path = path,
						.body = body,
						.type = type });
}

const char *kube_got(const struct ask *ask, const char *path)
{
	return kube_text(ask->value, path);
}
