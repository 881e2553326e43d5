/* What libcurl's door does where there is no libcurl. Its requests are tested on the wire. */
#include "net/http.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <string.h>

struct caller {
	struct http_exchange exchange;
	struct err err;
	unsigned heads, ends;
};

static void on_head(struct http_exchange *exchange, int status, const struct http_header *header,
		    size_t headers)
{
	(void)status;
	(void)header;
	(void)headers;
	container_of(exchange, struct caller, exchange)->heads++;
}

static void on_body(struct http_exchange *exchange, const void *data, size_t len)
{
	(void)data;
	(void)len;
	container_of(exchange, struct caller, exchange)->heads++;
}

static void on_end(struct http_exchange *exchange, const struct err *err)
{
	struct caller *caller = container_of(exchange, struct caller, exchange);

	caller->err = *err;
	caller->ends++;
}

static const struct http_ops ops = { on_head, on_body, on_end };
static const struct trust trust = { .ca = "an authority" };
static const struct http_target target = { .host = "127.0.0.1", .port = 1, .trust = &trust };
static const struct http_request request = { .method = "GET", .path = "/", .timeout = MINUTE };

/* A file for libcurl that is none, and what is said of it. */
static const struct {
	const char *file, *text;
} missing[] = {
	{ "libcurl-of-nowhere.so.4", "make a request: libcurl-of-nowhere.so.4 cannot be loaded: " },
	{ "/nowhere/libcurl.so.4", "make a request: /nowhere/libcurl.so.4 cannot be loaded: " },
	{ "libz.so.1", "make a request: libz.so.1 has no curl_easy_init" },
};

Test(http_curl, without_libcurl_each_request_ends_so, .timeout = 20)
{
	for (size_t i = 0; i < ARRAY_LEN(missing); i++) {
		struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
		struct http_curl *curl OWNED(http_curl_free) = http_curl_new(loop, NULL, 0);
		struct caller callers[3] = { 0 };

		http_curl_library(curl, missing[i].file);
		for (size_t k = 0; k < ARRAY_LEN(callers); k++) {
			http_start(http_curl_door(curl), &callers[k].exchange, &target, &request,
				   &ops);
			cr_assert_eq(callers[k].ends, 0, "%s: from within", missing[i].file);
		}
		http_cancel(&callers[1].exchange);
		cr_assert_eq(loop_run(loop, NULL), 0);
		for (size_t k = 0; k < ARRAY_LEN(callers); k++) {
			cr_assert_eq(callers[k].heads, 0);
			cr_assert_eq(callers[k].ends, k == 1 ? 0 : 1, "%s", missing[i].file);
			cr_assert_null(callers[k].exchange.door);
		}
		cr_assert_eq(callers[2].err.kind, ERR_SYSTEM, "%s", callers[2].err.text);
		cr_assert_eq(strncmp(callers[2].err.text, missing[i].text, strlen(missing[i].text)),
			     0, "%s", callers[2].err.text);
		cr_assert_eq(loop_now(loop), 0, "the timeout of a request is still set");
	}
}

Test(http_curl, without_a_request_libcurl_is_not_missed, .timeout = 20)
{
	struct loop *loop OWNED(loop_free) = loop_new_virtual(0);
	struct http_curl *curl OWNED(http_curl_free) = http_curl_new(loop, NULL, 0);
	static const struct trust nobody = { .insecure = true };
	const struct http_target anybody = { .host = "127.0.0.1", .port = 1, .trust = &nobody };
	struct caller caller = { 0 };

	http_curl_library(curl, missing[0].file);
	cr_assert_eq(loop_run(loop, NULL), 0);
	http_start(http_curl_door(curl), &caller.exchange, &anybody, &request, &ops);
	cr_assert_eq(loop_run(loop, NULL), 0);
	cr_assert_eq(caller.err.kind, ERR_USAGE, "%s", caller.err.text);
}
