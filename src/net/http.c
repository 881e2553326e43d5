#include "net/http.h"

#include "base/arena.h"
#include "net/curl_library.h"

#include <assert.h>
#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HEAD_MAX ((size_t)64 << 10)
#define CONNECT_LIMIT_MS 20000L
/* A peer that is gone without a word is noticed after so long, even under a busy connection. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_EVERY_S 10
#define UNHEARD_MS 30000

void http_start(struct http_door *door, struct http_exchange *exchange,
		const struct http_target *target, const struct http_request *request,
		const struct http_ops *ops)
{
	assert(!exchange->door);
	exchange->door = door;
	exchange->ops = ops;
	trace_line(door->trace, "%s:%u: %s %s", target->host, target->port, request->method,
		   request->path);
	door->start(door, exchange, target, request);
}

void http_cancel(struct http_exchange *exchange)
{
	struct http_door *door = exchange->door;

	if (!door)
		return;
	door->cancel(door, exchange);
	exchange->door = NULL;
	exchange->transfer = NULL;
}

void http_end(struct http_exchange *exchange, const struct err *err)
{
	exchange->door = NULL;
	exchange->transfer = NULL;
	exchange->ops->on_end(exchange, err);
}

struct transfer {
	struct http_curl *curl;
	struct http_exchange *exchange; /* NULL: cancelled, to be reaped */
	struct transfer *next, *previous;
	struct arena *arena;		       /* owned */
	CURL *easy;			       /* owned */
	struct curl_slist *lines, *connect_to; /* owned */
	const char *peer;		       /* "10.0.0.1:6443", for errors */
	struct timer limit, quiet;
	uint64_t timeout, silence, heard;
	struct http_header *header;
	size_t headers, cap, head_len;
	bool added, head_told;
	struct err err; /* why a callback gave up, or why it cannot start */
	char said[CURL_ERROR_SIZE];
};

struct http_curl {
	struct http_door door;
	struct loop *loop;
	const struct detour *detours;
	size_t detour_count;
	const char *file;		    /* of libcurl */
	struct curl_library functions;	    /* of it, since the first request */
	const struct curl_library *library; /* those; NULL: no request was made yet */
	CURLM *multi;			    /* owned; NULL likewise */
	struct timer timer;
	struct task task;	   /* adds what was started, reaps what was cancelled */
	struct transfer transfers; /* ring head */
	bool inside;		   /* libcurl is on the stack: it must not be entered again */
};

struct wire { /* a socket that libcurl wants watched */
	struct watch watch;
	struct http_curl *curl;
};

static void transfer_free(struct transfer *transfer)
{
	const struct curl_library *library = transfer->curl->library;

	if (transfer->added)
		library->multi_remove_handle(transfer->curl->multi, transfer->easy);
	if (transfer->easy) {
		library->easy_cleanup(transfer->easy);
		library->slist_free_all(transfer->lines);
		library->slist_free_all(transfer->connect_to);
	}
	timer_cancel(&transfer->limit);
	timer_cancel(&transfer->quiet);
	transfer->previous->next = transfer->next;
	transfer->next->previous = transfer->previous;
	arena_free(transfer->arena);
	mem_free(transfer, sizeof(*transfer));
}

static void transfer_end(struct transfer *transfer, const struct err *err)
{
	struct http_exchange *exchange = transfer->exchange;
	struct err copy = *err;

	transfer_free(transfer);
	if (exchange)
		http_end(exchange, &copy);
}

static bool is_refusal(const char *said)
{
	static const char *const words[] = { "certificate", "unknown ca", "access denied",
					     "decrypt error" };
	const char *alert = strstr(said, " alert ");

	for (size_t i = 0; alert && i < ARRAY_LEN(words); i++)
		if (strstr(alert, words[i]))
			return true;
	return false;
}

static int err_connect(const struct transfer *transfer, struct err *err)
{
	const char *why = NULL;
	char text[100];
	long os = 0;

	transfer->curl->library->easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os);
	if (os)
		why = strerrordesc_np((int)os);
	snprintf(text, sizeof(text), "%s", why ? why : "nobody is there");
	text[0] = (char)tolower((unsigned char)text[0]);
	return err_set(err, ERR_NET, "connect to %s: %s", transfer->peer, text);
}

/* libcurl's codes that are not about a connection being lost. */
static const struct verdict {
	CURLcode code;
	enum err_kind kind;
	const char *intent; /* NULL: none */
	const char *fact;   /* NULL: what libcurl says */
} verdicts[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_NET, "connect to", "no such host" },
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, "connect to", "no answer" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_NET, "TLS handshake with", NULL },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_AUTH, "TLS handshake with", NULL },
	{ CURLE_SSL_CERTPROBLEM, ERR_AUTH, "use our certificate for", NULL },
	{ CURLE_SSL_CACERT_BADFILE, ERR_AUTH, "use the authorities of", NULL },
	{ CURLE_SSL_ISSUER_ERROR, ERR_AUTH, "TLS handshake with", NULL },
	{ CURLE_OUT_OF_MEMORY, ERR_SYSTEM, "talk to", "out of memory" },
	{ CURLE_GOT_NOTHING, ERR_NET, NULL, "the connection ended without an answer" },
	{ CURLE_PARTIAL_FILE, ERR_NET, NULL, "the connection was lost" },
};

/* One sentence, lower case where that does not spoil a name, without a full stop. */
static const char *plain(const struct transfer *transfer, CURLcode code)
{
	const struct curl_library *library = transfer->curl->library;
	const char *said = *transfer->said ? transfer->said : library->easy_strerror(code);
	char *text = arena_str(transfer->arena, said);
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == '.' || text[len - 1] == ' '))
		text[--len] = '\0';
	if (!isupper((unsigned char)text[0]) || !isupper((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

static int err_curl(const struct transfer *transfer, CURLcode code, struct err *err)
{
	if (err_is_set(&transfer->err)) {
		*err = transfer->err;
		return -1;
	}
	if (code == CURLE_COULDNT_CONNECT)
		return err_connect(transfer, err);
	if (code != CURLE_PEER_FAILED_VERIFICATION && is_refusal(transfer->said))
		return err_set(err, ERR_AUTH, "%s refused our certificate: %s", transfer->peer,
			       plain(transfer, code));
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		const struct verdict *verdict = &verdicts[i];
		const char *fact = verdict->fact ? verdict->fact : plain(transfer, code);

		if (verdict->code != code)
			continue;
		return err_set(err, verdict->kind, "%s%s%s: %s",
			       verdict->intent ? verdict->intent : "", verdict->intent ? " " : "",
			       transfer->peer, fact);
	}
	return err_set(err, ERR_NET, "%s: %s", transfer->peer, plain(transfer, code));
}

static void tell_finished(struct http_curl *curl)
{
	CURLMsg *message;
	int left;

	while ((message = curl->library->multi_info_read(curl->multi, &left))) {
		CURLcode code = message->data.result;
		struct transfer *transfer = NULL;
		struct err err = ERR_INIT;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl->library->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		if (code != CURLE_OK)
			err_curl(transfer, code, &err);
		transfer_end(transfer, &err);
	}
}

/* libcurl tells a new time only when it changes; after a wake-up that came early by its own clock
 * it would wait for ever. */
static void set_timer(struct http_curl *curl)
{
	long ms = -1;

	curl->library->multi_timeout(curl->multi, &ms);
	if (ms < 0)
		timer_cancel(&curl->timer);
	else
		timer_set(&curl->timer, loop_now(curl->loop) + (uint64_t)ms * MILLISECOND);
}

static void act(struct http_curl *curl, curl_socket_t socket, int events)
{
	int running;

	curl->inside = true;
	curl->library->multi_socket_action(curl->multi, socket, events, &running);
	curl->inside = false;
	set_timer(curl);
	tell_finished(curl);
}

static void time_is_up(struct timer *timer)
{
	act(container_of(timer, struct http_curl, timer), CURL_SOCKET_TIMEOUT, 0);
}

static void wire_ready(struct watch *watch, unsigned events)
{
	const struct wire *wire = container_of(watch, struct wire, watch);
	int what = 0;

	if (events & READY_READ)
		what |= CURL_CSELECT_IN;
	if (events & READY_WRITE)
		what |= CURL_CSELECT_OUT;
	act(wire->curl, watch->fd, what);
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *data, void *known)
{
	struct http_curl *curl = data;
	struct wire *wire = known;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (wire) {
			watch_done(&wire->watch);
			mem_free(wire, sizeof(*wire));
		}
		curl->library->multi_assign(curl->multi, socket, NULL);
		return 0;
	}
	if (!wire) {
		wire = mem_new(sizeof(*wire));
		wire->curl = curl;
		if (watch_init(&wire->watch, curl->loop, socket, wire_ready, NULL) < 0) {
			mem_free(wire, sizeof(*wire));
			return -1;
		}
		curl->library->multi_assign(curl->multi, socket, wire);
	}
	watch_want(&wire->watch, ((what & CURL_POLL_IN) ? READY_READ : 0U) |
					 ((what & CURL_POLL_OUT) ? READY_WRITE : 0U));
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *data)
{
	struct http_curl *curl = data;

	(void)multi;
	if (ms < 0)
		timer_cancel(&curl->timer);
	else
		timer_set(&curl->timer, loop_now(curl->loop) + (uint64_t)ms * MILLISECOND);
	return 0;
}

static int on_new_socket(void *data, curl_socket_t fd, curlsocktype purpose)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, UNHEARD_MS },
	};

	(void)data;
	(void)purpose;
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
				 sizeof(options[i].value));
	return CURL_SOCKOPT_OK;
}

static void add_header(struct transfer *transfer, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);

	if (!colon)
		return;

	size_t name = (size_t)(colon - line), from = name + 1;
	while (from < len && (line[from] == ' ' || line[from] == '\t'))
		from++;
	while (len > from && isspace((unsigned char)line[len - 1]))
		len--;
	transfer->header = arena_grow(transfer->arena, transfer->header, transfer->headers,
				      &transfer->cap, sizeof(*transfer->header));
	transfer->header[transfer->headers++] = (struct http_header){
		.name = arena_strn(transfer->arena, line, name),
		.value = arena_strn(transfer->arena, line + from, len - from),
	};
}

static void tell_head(struct transfer *transfer)
{
	struct http_exchange *exchange = transfer->exchange;
	long status = 0;

	transfer->curl->library->easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return; /* an interim answer: the real one follows */
	transfer->head_told = true;
	if (exchange->ops->on_head)
		exchange->ops->on_head(exchange, (int)status, transfer->header, transfer->headers);
}

static size_t on_head_line(char *line, size_t size, size_t len, void *data)
{
	struct transfer *transfer = data;

	len *= size;
	transfer->heard = loop_now(transfer->curl->loop);
	if (!transfer->exchange)
		return 0;
	if (transfer->head_told)
		return len; /* trailers */
	transfer->head_len += len;
	if (transfer->head_len > HEAD_MAX) {
		err_set(&transfer->err, ERR_NET, "%s: the head of the answer is too long",
			transfer->peer);
		return 0;
	}
	if (len > 5 && strncmp(line, "HTTP/", 5) == 0)
		transfer->headers = 0;
	else if (len <= 2)
		tell_head(transfer);
	else
		add_header(transfer, line, len);
	return transfer->exchange ? len : 0;
}

static size_t on_data(char *bytes, size_t size, size_t len, void *data)
{
	struct transfer *transfer = data;
	struct http_exchange *exchange = transfer->exchange;

	len *= size;
	transfer->heard = loop_now(transfer->curl->loop);
	if (exchange)
		exchange->ops->on_body(exchange, bytes, len);
	return transfer->exchange ? len : 0;
}

static void took_too_long(struct timer *timer)
{
	struct transfer *transfer = container_of(timer, struct transfer, limit);
	char text[TIME_TEXT_MAX];
	struct err err = ERR_INIT;

	err_set(&err, ERR_TIMEOUT, "no answer from %s within %s", transfer->peer,
		duration_text(transfer->timeout, text));
	transfer_end(transfer, &err);
}

static void is_quiet(struct timer *timer)
{
	struct transfer *transfer = container_of(timer, struct transfer, quiet);
	uint64_t until = transfer->heard + transfer->silence;
	char text[TIME_TEXT_MAX];
	struct err err = ERR_INIT;

	if (loop_now(transfer->curl->loop) < until) {
		timer_set(timer, until);
		return;
	}
	err_set(&err, ERR_TIMEOUT, "%s said nothing for %s", transfer->peer,
		duration_text(transfer->silence, text));
	transfer_end(transfer, &err);
}

static void set_blob(const struct transfer *transfer, CURLoption option, const char *pem)
{
	struct curl_blob blob = { (void *)(uintptr_t)pem, strlen(pem), CURL_BLOB_NOCOPY };

	transfer->curl->library->easy_setopt(transfer->easy, option, &blob);
}

static void set_tls(struct transfer *transfer, const struct http_target *target)
{
	const struct curl_library *library = transfer->curl->library;
	CURL *easy = transfer->easy;

	library->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	library->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* not the authorities of the machine we run on */
	library->easy_setopt(easy, CURLOPT_CAINFO, NULL);
	library->easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (target->trust->ca)
		set_blob(transfer, CURLOPT_CAINFO_BLOB, target->trust->ca);
	if (!target->identity)
		return;
	library->easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
	library->easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
	set_blob(transfer, CURLOPT_SSLCERT_BLOB, target->identity->cert);
	set_blob(transfer, CURLOPT_SSLKEY_BLOB,
		 key_plain_label(transfer->arena, target->identity->key));
}

static const char *bracketed(struct arena *arena, const char *host)
{
	return strchr(host, ':') ? arena_printf(arena, "[%s]", host) : host;
}

static void set_place(struct transfer *transfer, const struct http_target *target, const char *path)
{
	const struct http_curl *curl = transfer->curl;
	const struct curl_library *library = curl->library;
	const struct detour *detour =
		detour_find(curl->detours, curl->detour_count, target->host, target->port);

	library->easy_setopt(transfer->easy, CURLOPT_URL,
			     arena_printf(transfer->arena, "https://%s%s", transfer->peer, path));
	library->easy_setopt(transfer->easy, CURLOPT_PATH_AS_IS, 1L);
	if (!detour)
		return;
	transfer->connect_to = library->slist_append(
		NULL, arena_printf(transfer->arena, "::%s:%u",
				   bracketed(transfer->arena, detour->to_host), detour->to_port));
	library->easy_setopt(transfer->easy, CURLOPT_CONNECT_TO, transfer->connect_to);
}

static void add_line(struct transfer *transfer, const char *name, const char *value)
{
	/* "Name;" is how libcurl is told of an empty one */
	const char *line = *value ? arena_printf(transfer->arena, "%s: %s", name, value)
				  : arena_printf(transfer->arena, "%s;", name);

	transfer->lines = transfer->curl->library->slist_append(transfer->lines, line);
}

static void set_request(struct transfer *transfer, const struct http_target *target,
			const struct http_request *request)
{
	const struct curl_library *library = transfer->curl->library;
	CURL *easy = transfer->easy;
	bool typed = false;

	for (size_t i = 0; i < request->headers; i++) {
		add_line(transfer, request->header[i].name, request->header[i].value);
		typed = typed || strcasecmp(request->header[i].name, "content-type") == 0;
	}
	if (target->bearer)
		add_line(transfer, "Authorization",
			 arena_printf(transfer->arena, "Bearer %s", target->bearer));
	if (request->len > 0) {
		library->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->len);
		library->easy_setopt(easy, CURLOPT_POSTFIELDS,
				     arena_dup(transfer->arena, request->body, request->len));
		/* a line without a value takes away what libcurl would add */
		transfer->lines = library->slist_append(transfer->lines, "Expect:");
		if (!typed)
			transfer->lines = library->slist_append(transfer->lines, "Content-Type:");
	}
	library->easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->lines);
	if (strcmp(request->method, "HEAD") == 0)
		library->easy_setopt(easy, CURLOPT_NOBODY, 1L);
	library->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_rules(struct transfer *transfer)
{
	const struct curl_library *library = transfer->curl->library;
	CURL *easy = transfer->easy;

	library->easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	library->easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->said);
	library->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head_line);
	library->easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	library->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
	library->easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	library->easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	library->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_LIMIT_MS);
	library->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	library->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	library->easy_setopt(easy, CURLOPT_PROXY, ""); /* nor one of the environment */
	library->easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	library->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	library->easy_setopt(easy, CURLOPT_USERAGENT, "talforge");
	library->easy_setopt(easy, CURLOPT_PIPEWAIT, 1L); /* rather share a connection than dial */
}

static void set_all(struct transfer *transfer, const struct http_target *target,
		    const struct http_request *request)
{
	transfer->easy = transfer->curl->library->easy_init();
	assert(transfer->easy);
	set_rules(transfer);
	set_place(transfer, target, request->path);
	set_tls(transfer, target);
	set_request(transfer, target, request);
}

static int open_library(struct http_curl *curl, struct err *err)
{
	if (curl->library)
		return 0;

	const struct curl_library *library = &curl->functions;
	if (curl_library_open(curl->file, &curl->functions, err) < 0)
		return err_wrap(err, "make a request");
	curl->library = library;
	curl->multi = library->multi_init();
	assert(curl->multi);
	library->multi_setopt(curl->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	library->multi_setopt(curl->multi, CURLMOPT_SOCKETDATA, curl);
	library->multi_setopt(curl->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	library->multi_setopt(curl->multi, CURLMOPT_TIMERDATA, curl);
	return 0;
}

static void curl_start(struct http_door *door, struct http_exchange *exchange,
		       const struct http_target *target, const struct http_request *request)
{
	struct http_curl *curl = container_of(door, struct http_curl, door);
	struct transfer *transfer = mem_new(sizeof(*transfer));
	uint64_t now = loop_now(curl->loop);

	transfer->curl = curl;
	transfer->exchange = exchange;
	transfer->arena = arena_new("http");
	transfer->next = &curl->transfers;
	transfer->previous = curl->transfers.previous;
	transfer->previous->next = transfer->next->previous = transfer;
	exchange->transfer = transfer;
	transfer->peer = arena_printf(transfer->arena, "%s:%u",
				      bracketed(transfer->arena, target->host), target->port);
	/* libcurl cannot do either; nobody who speaks HTTP asks for it */
	if (target->trust->fingerprint || target->trust->insecure || !target->trust->ca)
		err_set(&transfer->err, ERR_USAGE, "%s: only authorities can be trusted over HTTP",
			transfer->peer);
	else if (open_library(curl, &transfer->err) == 0)
		set_all(transfer, target, request);
	transfer->timeout = request->timeout;
	transfer->silence = request->silence;
	transfer->heard = now;
	timer_init(&transfer->limit, curl->loop, took_too_long);
	timer_init(&transfer->quiet, curl->loop, is_quiet);
	if (request->timeout)
		timer_set(&transfer->limit, now + request->timeout);
	if (request->silence)
		timer_set(&transfer->quiet, now + request->silence);
	task_post(&curl->task);
}

static void curl_cancel(struct http_door *door, struct http_exchange *exchange)
{
	struct http_curl *curl = container_of(door, struct http_curl, door);
	struct transfer *transfer = exchange->transfer;

	transfer->exchange = NULL;
	if (!curl->inside) {
		transfer_free(transfer);
		return;
	}
	timer_cancel(&transfer->limit);
	timer_cancel(&transfer->quiet);
	task_post(&curl->task);
}

/* The first transfer that is cancelled, cannot start, or was not started; events may change the
 * ring, so it is looked for anew each time. */
static struct transfer *find_due(struct http_curl *curl)
{
	struct transfer *at = curl->transfers.next;

	while (at != &curl->transfers && at->exchange && at->added && !err_is_set(&at->err))
		at = at->next;
	return at == &curl->transfers ? NULL : at;
}

static void settle(struct task *task)
{
	struct http_curl *curl = container_of(task, struct http_curl, task);
	struct transfer *transfer;

	while ((transfer = find_due(curl))) {
		if (!transfer->exchange || err_is_set(&transfer->err)) {
			transfer_end(transfer, &transfer->err);
			continue;
		}
		transfer->added = true;
		if (curl->library->multi_add_handle(curl->multi, transfer->easy) != CURLM_OK)
			err_set(&transfer->err, ERR_SYSTEM, "%s: no request can be made",
				transfer->peer);
	}
}

struct http_curl *http_curl_new(struct loop *loop, const struct detour *detours, size_t count)
{
	struct http_curl *curl = mem_new(sizeof(*curl));

	curl->door.start = curl_start;
	curl->door.cancel = curl_cancel;
	curl->file = CURL_LIBRARY_FILE;
	curl->loop = loop;
	curl->detours = detours;
	curl->detour_count = count;
	curl->transfers.next = curl->transfers.previous = &curl->transfers;
	timer_init(&curl->timer, loop, time_is_up);
	task_init(&curl->task, loop, settle);
	return curl;
}

void http_curl_free(struct http_curl *curl)
{
	if (!curl)
		return;
	assert(!curl->inside);
	while (curl->transfers.next != &curl->transfers) {
		struct transfer *transfer = curl->transfers.next;

		if (transfer->exchange)
			transfer->exchange->door = NULL;
		transfer_free(transfer);
	}
	if (curl->library)
		curl->library->multi_cleanup(curl->multi);
	timer_cancel(&curl->timer);
	task_cancel(&curl->task);
	mem_free(curl, sizeof(*curl));
}

void http_curl_library(struct http_curl *curl, const char *file)
{
	assert(!curl->library);
	curl->file = file;
}

struct http_door *http_curl_door(struct http_curl *curl)
{
	return &curl->door;
}
