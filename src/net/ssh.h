/*
 * Commands on another machine over SSH: a seam like net/http.h, with the real network behind one
 * door (libssh2) and whatever a rehearsal needs behind another.
 *
 *	ssh_start(door, &me->run, &target, &request, ended);
 *	...
 *	static void ended(struct ssh_run *run, const struct err *err)
 *	{
 *		if (err->kind == ERR_NONE && run->result.code == 0)
 *			use(str_text(&run->result.output));
 *	}
 *
 * Each run is a connection of its own. Target and request are copied and may go. on_end comes
 * exactly once, never from inside ssh_start() or ssh_cancel(), and may start the same run again;
 * the result is its user's until ssh_run_done(). An exit code is no error.
 *
 * The host key must be in the known_hosts file (hashed names and [host]:port too): one that is
 * unknown, or another than the one known, is ERR_AUTH with its fingerprint, before any secret is
 * sent. Then the key file is tried, then the password. RSA keys are refused with libssh2 before
 * 1.11, which signs with SHA-1 only. Others: ERR_NET, ERR_TIMEOUT, ERR_REMOTE for more output than
 * allowed. No error has a password or a line of output in it.
 */
#pragma once

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "loop/loop.h"
#include "net/dial.h"

#include <stddef.h>
#include <stdint.h>

#define SSH_PORT 22

struct ssh_target {
	const char *host; /* IP or host name, IPv6 bare */
	unsigned port;
	const char *user;
	const char *key_file;	 /* private; NULL: none */
	const char *password;	 /* of the user, and of the key file; secret; NULL: none */
	const char *known_hosts; /* file; one that is absent knows nobody */
};

struct ssh_request {
	const char *command;
	const void *input; /* its stdin; NULL: nothing to read */
	size_t len;
	size_t output_max; /* bytes of stdout and of stderr, each */
	uint64_t timeout;  /* of all of it, nanoseconds; 0: none */
};

struct ssh_result {
	int code; /* what the command exited with; -1: a signal ended it */
	struct str output, errors;
};

struct ssh_door;

struct ssh_run {	       /* zeroed at first; embedded in its user */
	struct ssh_door *door; /* NULL: not running */
	struct ssh_result result;
	void (*on_end)(struct ssh_run *run, const struct err *err);
	void *session; /* the door's */
};

struct ssh_door { /* one kind of network */
	void (*start)(struct ssh_door *door, struct ssh_run *run, const struct ssh_target *target,
		      const struct ssh_request *request);
	void (*cancel)(struct ssh_door *door, struct ssh_run *run);
};

void ssh_start(struct ssh_door *door, struct ssh_run *run, const struct ssh_target *target,
	       const struct ssh_request *request,
	       void (*on_end)(struct ssh_run *run, const struct err *err));
void ssh_cancel(struct ssh_run *run);	/* one that does not run: nothing */
void ssh_run_done(struct ssh_run *run); /* cancels, and erases the result */

/* The real one, in that loop. Detours as for the dialer, borrowed; the host key is checked against
 * the name that was asked for. */
struct ssh_network;
struct ssh_network *ssh_network_new(struct loop *loop, const struct detour *detours, size_t count);
/* Its runs have ended or are cancelled before. */
void ssh_network_free(struct ssh_network *network);
OWN_DEFINE(struct ssh_network, ssh_network_free)
struct ssh_door *ssh_network_door(struct ssh_network *network);
