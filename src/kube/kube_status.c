#include "kube/kube_impl.h"

#include "base/own.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What the HTTP status alone does not tell is added to it in err.remote. */
enum {
	FORBIDDEN = 403,
	CONFLICT = 409,
	GONE = 410,
	TOO_MANY = 429,
	REMOTE_TERMINATING = 10000 + FORBIDDEN,
	REMOTE_EXISTS = 10000 + CONFLICT,
	REMOTE_BUDGET = 10000 + TOO_MANY
};

bool kube_says_exists(const struct err *err)
{
	return err->remote == REMOTE_EXISTS;
}

bool kube_says_expired(const struct err *err)
{
	return err->remote == GONE;
}

bool kube_says_blocked_by_budget(const struct err *err)
{
	return err->remote == REMOTE_BUDGET;
}

bool kube_says_namespace_ends(const struct err *err)
{
	return err->remote == REMOTE_TERMINATING;
}

bool kube_says_busy(const struct err *err)
{
	return err->kind == ERR_REMOTE &&
	       (err->remote == TOO_MANY || (err->remote >= 500 && err->remote <= 504));
}

static enum err_kind kind_of(int status)
{
	static const struct {
		int status;
		enum err_kind kind;
	} kinds[] = {
		{ 400, ERR_INPUT },
		{ 401, ERR_AUTH },
		{ 403, ERR_AUTH },
		{ 404, ERR_NOT_FOUND },
		{ 409, ERR_CONFLICT },
		{ 422, ERR_INPUT },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].status == status)
			return kinds[i].kind;
	return ERR_REMOTE;
}

static const struct value *find_cause(const struct value *status, const char *reason)
{
	const struct value *causes = value_get(value_get(status, "details"), "causes");

	for (size_t i = 0; i < value_len(causes); i++)
		if (text_equal(value_get_text(value_at(causes, i), "reason"), reason))
			return value_at(causes, i);
	return NULL;
}

static int remote_of(int status, const struct value *body)
{
	if (status == CONFLICT && text_equal(value_get_text(body, "reason"), "AlreadyExists"))
		return REMOTE_EXISTS;
	if (status == TOO_MANY && find_cause(body, "DisruptionBudget"))
		return REMOTE_BUDGET;
	if (status == FORBIDDEN && find_cause(body, "NamespaceTerminating"))
		return REMOTE_TERMINATING;
	return status;
}

/* One line that can be printed: a server's text may hold anything. */
static void make_plain(const char *text, char *out, size_t size)
{
	size_t len = 0;

	for (; *text && len + 1 < size; text++)
		out[len++] = iscntrl((unsigned char)*text) ? ' ' : *text;
	while (len > 0 && (out[len - 1] == ' ' || out[len - 1] == '.'))
		len--;
	out[len] = '\0';
}

int kube_status_err(int status, const struct value *body, struct err *err)
{
	const struct value *budget = find_cause(body, "DisruptionBudget");
	const char *message = value_get_text(budget, "message");
	struct err made = ERR_INIT;
	char text[2 * sizeof(made.text)]; /* err_set() cuts it where it can be cut */

	if (!message)
		message = value_get_text(body, "message");
	if (!message)
		message = value_get_text(body, "reason");
	if (!message)
		message = value_is_str(body) ? value_text(body) : "";
	make_plain(message, text, sizeof(text));
	if (*text)
		err_set(&made, kind_of(status), "%s", text);
	else
		err_set(&made, kind_of(status), "the server answered with HTTP status %d", status);
	made.remote = remote_of(status, body);
	if (err)
		*err = made;
	return -1;
}

uint64_t kube_retry_after(const struct http_header *header, size_t headers)
{
	uint64_t seconds;

	for (size_t i = 0; i < headers; i++)
		if (strcasecmp(header[i].name, "retry-after") == 0 &&
		    text_u64(header[i].value, &seconds) && seconds < HOUR / SECOND)
			return seconds * SECOND;
	return 0;
}
