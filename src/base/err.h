/*
 * Errors: one sentence, made where the fault is and given its intent on the way up.
 *
 *	if (connect(fd, ...) < 0)
 *		return err_sys(err, errno, "connect to %s", address);
 *	...
 *	if (node_reach(node, err) < 0)
 *		return err_wrap(err, "upgrade %s", node->name);
 *
 * gives "upgrade cp-2: connect to 10.0.0.12:50000: Connection refused".
 *
 * A struct err lives on the caller's stack, owns nothing and is never freed. Functions take it
 * last; NULL means "I do not care". The kind decides (retry, exit code, hint), the text explains;
 * nobody parses text. Long texts are cut, never overflow. Key material is never put into an error.
 */
#pragma once

#include <stdbool.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,     /* the command line is wrong                   */
	ERR_INPUT,     /* a file the user wrote is wrong              */
	ERR_NOT_FOUND, /* the thing asked for does not exist          */
	ERR_CONFLICT,  /* the world is not in the state we relied on  */
	ERR_REFUSED,   /* a safety rule said no                       */
	ERR_AUTH,      /* identity or permission                      */
	ERR_NET,       /* could not reach, or lost, the peer          */
	ERR_TIMEOUT,   /* it took too long                            */
	ERR_REMOTE,    /* the peer answered with a failure            */
	ERR_SYSTEM,    /* a system call failed; see .os               */
	ERR_CANCELLED, /* the user stopped it                         */
	ERR_BUG,       /* our own invariant is broken                 */
	ERR_KIND_COUNT
};

struct err {
	enum err_kind kind;
	/* errno of ERR_SYSTEM; of ERR_AUTH EKEYEXPIRED for a date that does not fit, EKEYREJECTED
	 * for a key that is not the pinned one; else 0 */
	int os;
	int remote;	       /* gRPC or HTTP status of ERR_REMOTE and its relatives, else 0 */
	unsigned line, column; /* place in .file, from 1; 0 when unknown */
	char file[256];	       /* the user's file at fault, "" when none is */
	char text[500];
	char hint[256]; /* what the user can do about it, "" when we do not know */
};

/* clang-format off */
#define ERR_INIT { .kind = ERR_NONE }
/* clang-format on */

/* All return -1 so that a caller can `return err_set(...)`. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_sys(struct err *err, int os, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* ERR_AUTH with the reason in `os`, which is not part of the text. */
int err_auth(struct err *err, int os, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<fmt>: " before the text. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Adds what the user can do; the first hint given stays. */
int err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Names the user's file at fault; the first place given (the deepest one) stays. */
int err_at(struct err *err, const char *file, unsigned line, unsigned column);

bool err_is_set(const struct err *err);
void err_clear(struct err *err);

const char *err_kind_name(enum err_kind kind); /* "refused": JSON output, tests */
int err_exit_code(enum err_kind kind);	       /* the one table of exit codes: 0 1 3 4 6 7 130 */
