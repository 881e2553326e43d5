#include "base/err.h"

#include "base/own.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_code;
} kinds[] = {
	[ERR_NONE] = { "none", 0 },
	[ERR_USAGE] = { "usage", 3 },
	[ERR_INPUT] = { "input", 3 },
	[ERR_NOT_FOUND] = { "not-found", 1 },
	[ERR_CONFLICT] = { "conflict", 1 },
	[ERR_REFUSED] = { "refused", 4 },
	[ERR_AUTH] = { "auth", 7 },
	[ERR_NET] = { "net", 1 },
	[ERR_TIMEOUT] = { "timeout", 6 },
	[ERR_REMOTE] = { "remote", 1 },
	[ERR_SYSTEM] = { "system", 1 },
	[ERR_CANCELLED] = { "cancelled", 130 },
	[ERR_BUG] = { "bug", 1 },
};
_Static_assert(ARRAY_LEN(kinds) == ERR_KIND_COUNT, "a row for each kind");

/* Marks that the end is missing, without leaving half a UTF-8 character before the mark. */
static void mark_cut(char *text, size_t size)
{
	size_t end = size - sizeof("...");

	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	memcpy(text + end, "...", sizeof("..."));
}

static void print_v(char *text, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

static void print_v(char *text, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(text, size, fmt, args);

	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= size)
		mark_cut(text, size);
}

static void print(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void print(char *text, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_v(text, size, fmt, args);
	va_end(args);
}

/* The arguments may point into *err itself, so the text is complete before anything is replaced. */
static void replace(struct err *err, enum err_kind kind, int os, const char *text)
{
	struct err fresh = { .kind = kind, .os = os };

	memcpy(fresh.text, text, sizeof(fresh.text));
	*err = fresh;
}

static void replace_v(struct err *err, enum err_kind kind, int os, const char *fmt, va_list args)
{
	char text[sizeof(err->text)] = "";

	if (!err)
		return;
	print_v(text, sizeof(text), fmt, args);
	replace(err, kind, os, text);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	replace_v(err, kind, 0, fmt, args);
	va_end(args);
	return -1;
}

int err_auth(struct err *err, int os, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	replace_v(err, ERR_AUTH, os, fmt, args);
	va_end(args);
	return -1;
}

int err_sys(struct err *err, int os, const char *fmt, ...)
{
	char what[sizeof(err->text)] = "";
	char text[sizeof(err->text)] = "";
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	print_v(what, sizeof(what), fmt, args);
	va_end(args);

	/* Not strerror(): its text depends on the locale. */
	const char *why = strerrordesc_np(os);
	if (why)
		print(text, sizeof(text), "%s: %s", what, why);
	else
		print(text, sizeof(text), "%s: error %d", what, os);
	replace(err, ERR_SYSTEM, os, text);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char intent[sizeof(err->text)] = "";
	char text[sizeof(err->text)] = "";
	va_list args;

	if (!err)
		return -1;
	va_start(args, fmt);
	print_v(intent, sizeof(intent), fmt, args);
	va_end(args);

	if (!err_is_set(err)) {
		replace(err, ERR_BUG, 0, intent);
		return -1;
	}
	print(text, sizeof(text), "%s: %s", intent, err->text);
	memcpy(err->text, text, sizeof(text));
	return -1;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	char hint[sizeof(err->hint)] = "";
	va_list args;

	if (!err || err->hint[0] != '\0')
		return -1;
	va_start(args, fmt);
	print_v(hint, sizeof(hint), fmt, args);
	va_end(args);
	memcpy(err->hint, hint, sizeof(hint));
	return -1;
}

int err_at(struct err *err, const char *file, unsigned line, unsigned column)
{
	if (!err || err->file[0] != '\0' || !file)
		return -1;
	print(err->file, sizeof(err->file), "%s", file);
	err->line = line;
	err->column = column;
	return -1;
}

bool err_is_set(const struct err *err)
{
	return err && err->kind != ERR_NONE;
}

void err_clear(struct err *err)
{
	if (err)
		*err = (struct err)ERR_INIT;
}

static bool is_kind(enum err_kind kind)
{
	return (size_t)kind < ARRAY_LEN(kinds);
}

const char *err_kind_name(enum err_kind kind)
{
	return kinds[is_kind(kind) ? kind : ERR_BUG].name;
}

int err_exit_code(enum err_kind kind)
{
	return kinds[is_kind(kind) ? kind : ERR_BUG].exit_code;
}
