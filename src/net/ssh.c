#include "net/ssh.h"

#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "net/tcp.h"

#include <assert.h>
#include <errno.h>
#include <libssh2.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define KEY_FILE_MAX ((size_t)64 << 10)
#define CHUNK 4096
#define RSA_SHA2_SINCE 0x010b00 /* the libssh2 that signs RSA with SHA-2 */

struct ssh_network {
	struct ssh_door door;
	struct loop *loop;
	const struct detour *detours;
	size_t detour_count;
};

struct session;
/* IO_DONE: the next step; IO_WAIT: again when the stream is ready. */
typedef int step_fn(struct session *session, struct err *err);

struct session {
	struct ssh_network *network;
	struct ssh_run *run;
	struct arena *arena; /* owned; copies of target and request */
	struct ssh_target target;
	struct ssh_request request;
	struct stream *stream; /* owned */
	struct stream_user user;
	struct task task; /* begins, and ends, outside of ssh_start() */
	struct timer deadline;
	LIBSSH2_SESSION *ssh; /* owned */
	LIBSSH2_CHANNEL *channel;
	const char *methods; /* of authentication that the server takes */
	size_t step, sent;
	bool closing;	 /* nothing may wait for the peer any more */
	struct err lost; /* why the stream ended, for which libssh2 has no words */
};

static int fail(struct session *session, enum err_kind kind, const char *what, struct err *err)
{
	char *text = NULL;

	if (err_is_set(&session->lost)) {
		*err = session->lost;
		return -1;
	}
	libssh2_session_last_error(session->ssh, &text, NULL, 0);
	return err_set(err, kind, "%s: %s", what, text && *text ? text : "no reason is given");
}

/* What a call of libssh2 came to; its words are those of the protocol and hold no secrets. */
static int verdict(struct session *session, int r, const char *what, struct err *err)
{
	if (r == LIBSSH2_ERROR_EAGAIN)
		return IO_WAIT;
	return r < 0 ? fail(session, ERR_NET, what, err) : IO_DONE;
}

static ssize_t on_send(libssh2_socket_t socket, const void *data, size_t len, int flags,
		       void **abstract)
{
	struct session *session = *abstract;
	size_t sent = 0;
	int r = session->closing
			? -1
			: stream_send(session->stream, data, len, &sent, &session->lost);

	(void)socket;
	(void)flags;
	if (r == IO_WAIT)
		return -EAGAIN;
	return r < 0 ? -ECONNRESET : (ssize_t)sent;
}

static ssize_t on_receive(libssh2_socket_t socket, void *data, size_t size, int flags,
			  void **abstract)
{
	struct session *session = *abstract;
	size_t got = 0;
	int r = session->closing
			? -1
			: stream_recv(session->stream, data, size, &got, &session->lost);

	(void)socket;
	(void)flags;
	if (r == IO_WAIT)
		return -EAGAIN;
	if (r == IO_EOF)
		return 0;
	return r < 0 ? -ECONNRESET : (ssize_t)got;
}

static const struct key_form {
	int key, known;
	const char *method;
} key_forms[] = {
	{ LIBSSH2_HOSTKEY_TYPE_ED25519, LIBSSH2_KNOWNHOST_KEY_ED25519, "ssh-ed25519" },
	{ LIBSSH2_HOSTKEY_TYPE_ECDSA_256, LIBSSH2_KNOWNHOST_KEY_ECDSA_256, "ecdsa-sha2-nistp256" },
	{ LIBSSH2_HOSTKEY_TYPE_ECDSA_384, LIBSSH2_KNOWNHOST_KEY_ECDSA_384, "ecdsa-sha2-nistp384" },
	{ LIBSSH2_HOSTKEY_TYPE_ECDSA_521, LIBSSH2_KNOWNHOST_KEY_ECDSA_521, "ecdsa-sha2-nistp521" },
	{ LIBSSH2_HOSTKEY_TYPE_RSA, LIBSSH2_KNOWNHOST_KEY_SSHRSA, "ssh-rsa" },
};

static LIBSSH2_KNOWNHOSTS *known_hosts(struct session *session)
{
	LIBSSH2_KNOWNHOSTS *known = libssh2_knownhost_init(session->ssh);

	/* a file that is absent or broken knows nobody, and then nobody is trusted */
	if (known && session->target.known_hosts)
		(void)libssh2_knownhost_readfile(known, session->target.known_hosts,
						 LIBSSH2_KNOWNHOST_FILE_OPENSSH);
	return known;
}

static int check_known(const struct session *session, LIBSSH2_KNOWNHOSTS *known, const char *key,
		       size_t len, int form)
{
	int port = session->target.port == SSH_PORT ? -1 : (int)session->target.port;
	int type = LIBSSH2_KNOWNHOST_TYPE_PLAIN | LIBSSH2_KNOWNHOST_KEYENC_RAW | form;

	return libssh2_knownhost_checkp(known, session->target.host, port, key, len, type, NULL);
}

/* A server has keys of several kinds: the kinds that we know of are asked for first. */
static void prefer_known(struct session *session)
{
	LIBSSH2_KNOWNHOSTS *known = known_hosts(session);
	struct str first SCOPED(str_done) = STR_INIT(1000), rest SCOPED(str_done) = STR_INIT(1000);

	for (size_t i = 0; known && i < ARRAY_LEN(key_forms); i++) {
		bool is_known = check_known(session, known, "?", 1, key_forms[i].known) ==
				LIBSSH2_KNOWNHOST_CHECK_MISMATCH;

		str_addf(is_known ? &first : &rest, "%s,", key_forms[i].method);
	}
	str_add(&first, str_text(&rest));
	if (first.len > 0) {
		str_cut(&first, first.len - 1);
		(void)libssh2_session_method_pref(session->ssh, LIBSSH2_METHOD_HOSTKEY,
						  str_text(&first));
	}
	if (known)
		libssh2_knownhost_free(known);
}

static int step_open(struct session *session, struct err *err)
{
	int r = stream_open(session->stream, err);

	if (r == IO_DONE)
		prefer_known(session);
	return r;
}

static int nothing_in_common(const struct session *session, struct err *err)
{
	err_set(err, ERR_AUTH, "%s and libssh2 %s have no kind of host key or cipher in common",
		session->target.host, libssh2_version(0));
	return libssh2_version(RSA_SHA2_SINCE)
		       ? -1
		       : err_hint(err, "an RSA host key is not enough for it: give the router one "
				       "of Ed25519 or ECDSA");
}

static int step_handshake(struct session *session, struct err *err)
{
	/* our callbacks carry the bytes, so the descriptor is none */
	int r = libssh2_session_handshake(session->ssh, INT_MAX);

	if (r == LIBSSH2_ERROR_KEX_FAILURE)
		return nothing_in_common(session, err);
	return verdict(session, r, "SSH handshake", err);
}

static const char *fingerprint(struct session *session)
{
	const char *hash = libssh2_hostkey_hash(session->ssh, LIBSSH2_HOSTKEY_HASH_SHA256);
	char *text;

	if (!hash)
		return "of an unknown form";
	text = base64_encode(session->arena, hash, 32);
	text[strcspn(text, "=")] = '\0';
	return arena_printf(session->arena, "SHA256:%s", text);
}

static int distrust(struct session *session, bool changed, struct err *err)
{
	const struct ssh_target *target = &session->target;
	const char *file = target->known_hosts ? target->known_hosts : "known_hosts";

	if (changed) {
		err_set(err, ERR_AUTH, "%s has another host key than %s says, %s", target->host,
			file, fingerprint(session));
		return err_hint(err,
				"if the router was replaced, remove its line and add the new key; "
				"if not, somebody is in between");
	}
	err_set(err, ERR_AUTH, "the host key of %s is not in %s, %s", target->host, file,
		fingerprint(session));
	return err_hint(err,
			"compare the fingerprint on the router, then: ssh-keyscan -p %u %s >> %s",
			target->port, target->host, file);
}

static int step_trust(struct session *session, struct err *err)
{
	LIBSSH2_KNOWNHOSTS *known = known_hosts(session);
	int form = LIBSSH2_KNOWNHOST_KEY_UNKNOWN, type = 0;
	int r = LIBSSH2_KNOWNHOST_CHECK_NOTFOUND;
	size_t len = 0;
	const char *key = libssh2_session_hostkey(session->ssh, &len, &type);

	for (size_t i = 0; i < ARRAY_LEN(key_forms); i++)
		if (key_forms[i].key == type)
			form = key_forms[i].known;
	if (known && key && form != LIBSSH2_KNOWNHOST_KEY_UNKNOWN)
		r = check_known(session, known, key, len, form);
	if (known)
		libssh2_knownhost_free(known);
	if (r == LIBSSH2_KNOWNHOST_CHECK_MATCH)
		return IO_DONE;
	return distrust(session, r == LIBSSH2_KNOWNHOST_CHECK_MISMATCH, err);
}

static int step_methods(struct session *session, struct err *err)
{
	const char *user = session->target.user;
	const char *methods =
		libssh2_userauth_list(session->ssh, user, (unsigned)strlen(user));

	if (methods) {
		session->methods = arena_str(session->arena, methods);
		return IO_DONE;
	}
	if (libssh2_userauth_authenticated(session->ssh))
		return IO_DONE;
	return verdict(session, libssh2_session_last_errno(session->ssh), "SSH login", err);
}

/* Of the three usual file formats; a key that only looks like one costs a clear message less. */
static bool is_rsa(struct arena *arena, const char *text)
{
	static const unsigned char oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
	const char *body = strchr(text, '\n'), *last = strstr(text, "-----END");
	unsigned char *bytes;
	size_t len = 0;

	if (text_starts(text, "-----BEGIN RSA "))
		return true;
	if (!body || !last || last < body)
		return false;
	bytes = base64_decode(arena, arena_strn(arena, body, (size_t)(last - body)), &len);
	return bytes && (memmem(bytes, len, "ssh-rsa", 7) || memmem(bytes, len, oid, sizeof(oid)));
}

static int check_key_file(struct session *session, struct err *err)
{
	const char *path = session->target.key_file;
	char *text;
	size_t len;

	if (fs_read(session->arena, path, KEY_FILE_MAX, &text, &len, err) < 0)
		return -1;
	if (!is_rsa(session->arena, text) || libssh2_version(RSA_SHA2_SINCE))
		return 0;
	err_set(err, ERR_AUTH, "%s is an RSA key, and libssh2 %s signs with SHA-1, which servers "
			       "refuse",
		path, libssh2_version(0));
	return err_hint(err, "use an Ed25519 key: ssh-keygen -t ed25519");
}

static bool takes(const struct session *session, const char *method)
{
	return session->methods && strstr(session->methods, method);
}

static int refused(const struct session *session, const char *with, struct err *err)
{
	return err_set(err, ERR_AUTH, "%s does not let %s in with %s", session->target.host,
		       session->target.user, with);
}

static int try_key(struct session *session, struct err *err)
{
	const struct ssh_target *target = &session->target;
	int r = libssh2_userauth_publickey_fromfile(session->ssh, target->user, NULL,
						    target->key_file, target->password);

	if (r == LIBSSH2_ERROR_FILE)
		return err_set(err, ERR_AUTH, "%s is no private key, or its password is wrong",
			       target->key_file);
	if (r == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
	    r == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED)
		return refused(session, "that key", err);
	return verdict(session, r, "SSH login", err);
}

static int try_password(struct session *session, struct err *err)
{
	const struct ssh_target *target = &session->target;
	int r = libssh2_userauth_password(session->ssh, target->user, target->password);

	if (r == LIBSSH2_ERROR_AUTHENTICATION_FAILED)
		return refused(session, "that password", err);
	return verdict(session, r, "SSH login", err);
}

static int step_login(struct session *session, struct err *err)
{
	const struct ssh_target *target = &session->target;

	if (libssh2_userauth_authenticated(session->ssh))
		return IO_DONE;
	if (target->key_file && takes(session, "publickey"))
		return try_key(session, err);
	if (target->password && takes(session, "password"))
		return try_password(session, err);
	err_set(err, ERR_AUTH, "%s lets %s in with %s only", target->host, target->user,
		session->methods ? session->methods : "nothing");
	return err_hint(err, "give a private key file or a password");
}

static int step_channel(struct session *session, struct err *err)
{
	session->channel = libssh2_channel_open_session(session->ssh);
	if (session->channel)
		return IO_DONE;
	return verdict(session, libssh2_session_last_errno(session->ssh), "SSH channel", err);
}

static int step_command(struct session *session, struct err *err)
{
	return verdict(session, libssh2_channel_exec(session->channel, session->request.command),
		       "SSH command", err);
}

static int step_input(struct session *session, struct err *err)
{
	const struct ssh_request *request = &session->request;

	while (session->sent < request->len) {
		ssize_t r = libssh2_channel_write(session->channel,
						  (const char *)request->input + session->sent,
						  request->len - session->sent);

		if (r < 0)
			return verdict(session, (int)r, "SSH input", err);
		session->sent += (size_t)r;
	}
	return verdict(session, libssh2_channel_send_eof(session->channel), "SSH input", err);
}

/* IO_DONE when there is nothing more on that side for now. */
static int drain(struct session *session, int side, struct str *out, struct err *err)
{
	char chunk[CHUNK];
	ssize_t r;

	while ((r = libssh2_channel_read_ex(session->channel, side, chunk, sizeof(chunk))) > 0)
		str_addn(out, chunk, (size_t)r);
	if (out->full)
		return err_set(err, ERR_REMOTE, "the command's output is longer than %zu bytes",
			       out->max);
	return verdict(session, (int)r, "SSH output", err);
}

static int step_output(struct session *session, struct err *err)
{
	struct ssh_result *result = &session->run->result;
	int output = drain(session, 0, &result->output, err);
	int errors = output < 0 ? -1
				: drain(session, SSH_EXTENDED_DATA_STDERR, &result->errors, err);

	if (output < 0 || errors < 0)
		return -1;
	return libssh2_channel_eof(session->channel) ? IO_DONE : IO_WAIT;
}

static int step_close(struct session *session, struct err *err)
{
	return verdict(session, libssh2_channel_close(session->channel), "SSH channel", err);
}

static int step_code(struct session *session, struct err *err)
{
	char *signal = NULL;
	int r = verdict(session, libssh2_channel_wait_closed(session->channel), "SSH channel", err);

	if (r != IO_DONE)
		return r;
	libssh2_channel_get_exit_signal(session->channel, &signal, NULL, NULL, NULL, NULL, NULL);
	session->run->result.code =
		signal ? -1 : libssh2_channel_get_exit_status(session->channel);
	libssh2_free(session->ssh, signal);
	return IO_DONE;
}

/* In the order in which they happen. */
static step_fn *const steps[] = {
	step_open,
	step_handshake,
	step_trust,
	step_methods,
	step_login,
	step_channel,
	step_command,
	step_input,
	step_output,
	step_close,
	step_code,
};

/* libssh2 frees what a step has under way when that step fails, and not with the session. */
static void break_off(struct session *session)
{
	struct err err = ERR_INIT;

	session->closing = true;
	if (session->step > 0 && session->step < ARRAY_LEN(steps) && !session->channel)
		(void)steps[session->step](session, &err);
}

static void session_free(struct session *session)
{
	break_off(session);
	task_cancel(&session->task);
	timer_cancel(&session->deadline);
	if (session->channel)
		libssh2_channel_free(session->channel);
	if (session->ssh)
		libssh2_session_free(session->ssh);
	stream_close(session->stream);
	arena_free(session->arena);
	mem_free(session, sizeof(*session));
}

static void end(struct session *session, const struct err *err)
{
	struct ssh_run *run = session->run;

	run->door = NULL;
	run->session = NULL;
	session_free(session);
	run->on_end(run, err);
}

static int dial_target(struct session *session, struct err *err)
{
	const struct ssh_target *target = &session->target;
	const struct ssh_network *network = session->network;
	const struct detour *detour = detour_find(network->detours, network->detour_count,
						  target->host, target->port);

	if (target->key_file && check_key_file(session, err) < 0)
		return -1;
	session->ssh = libssh2_session_init_ex(NULL, NULL, NULL, session);
	if (!session->ssh)
		return err_set(err, ERR_SYSTEM, "no memory for an SSH session");
	libssh2_session_set_blocking(session->ssh, 0);
	libssh2_session_callback_set(session->ssh, LIBSSH2_CALLBACK_SEND,
				     (void *)(uintptr_t)on_send);
	libssh2_session_callback_set(session->ssh, LIBSSH2_CALLBACK_RECV,
				     (void *)(uintptr_t)on_receive);
	if (tcp_dial(network->loop, detour ? detour->to_host : target->host,
		     detour ? detour->to_port : target->port, &session->stream, err) < 0)
		return -1;
	stream_attach(session->stream, &session->user);
	return 0;
}

static void go_on(struct session *session)
{
	struct err err = ERR_INIT;
	int r = session->stream ? IO_DONE : dial_target(session, &err);

	while (r == IO_DONE && session->step < ARRAY_LEN(steps)) {
		r = steps[session->step](session, &err);
		if (r == IO_DONE)
			session->step++;
	}
	if (r < 0)
		err_wrap(&err, "SSH to %s port %u", session->target.host, session->target.port);
	if (r != IO_WAIT)
		end(session, &err);
}

static void session_begin(struct task *task)
{
	go_on(container_of(task, struct session, task));
}

static void session_ready(struct stream_user *user)
{
	go_on(container_of(user, struct session, user));
}

static void session_late(struct timer *timer)
{
	struct session *session = container_of(timer, struct session, deadline);
	struct err err = ERR_INIT;

	err_set(&err, ERR_TIMEOUT, "SSH to %s port %u: no end after %u s", session->target.host,
		session->target.port, (unsigned)(session->request.timeout / SECOND));
	end(session, &err);
}

static void copy_request(struct session *session, const struct ssh_target *target,
			 const struct ssh_request *request)
{
	struct arena *arena = session->arena;

	session->target = (struct ssh_target){
		.host = arena_str(arena, target->host),
		.port = target->port,
		.user = arena_str(arena, target->user),
		.key_file = arena_str(arena, target->key_file),
		.password = arena_str(arena, target->password),
		.known_hosts = arena_str(arena, target->known_hosts),
	};
	session->request = *request;
	session->request.command = arena_str(arena, request->command);
	if (request->len > 0)
		session->request.input = arena_dup(arena, request->input, request->len);
}

static void network_start(struct ssh_door *door, struct ssh_run *run,
			  const struct ssh_target *target, const struct ssh_request *request)
{
	struct ssh_network *network = container_of(door, struct ssh_network, door);
	struct session *session = mem_new(sizeof(*session));

	session->network = network;
	session->run = run;
	session->arena = arena_new("ssh");
	session->user.on_ready = session_ready;
	copy_request(session, target, request);
	task_init(&session->task, network->loop, session_begin);
	timer_init(&session->deadline, network->loop, session_late);
	if (request->timeout)
		timer_set(&session->deadline, loop_now(network->loop) + request->timeout);
	task_post(&session->task);
	run->session = session;
}

static void network_cancel(struct ssh_door *door, struct ssh_run *run)
{
	(void)door;
	session_free(run->session);
	run->session = NULL;
}

struct ssh_network *ssh_network_new(struct loop *loop, const struct detour *detours, size_t count)
{
	struct ssh_network *network = mem_new(sizeof(*network));
	int r = libssh2_init(0);

	assert(r == 0);
	(void)r;
	*network = (struct ssh_network){ .door = { network_start, network_cancel },
					 .loop = loop,
					 .detours = detours,
					 .detour_count = count };
	return network;
}

void ssh_network_free(struct ssh_network *network)
{
	if (!network)
		return;
	libssh2_exit();
	mem_free(network, sizeof(*network));
}

struct ssh_door *ssh_network_door(struct ssh_network *network)
{
	return &network->door;
}
