/*
 * Reading a kubeconfig: the server, authorities and client of its current context.
 *
 *	struct kubeconfig_text from = { .file = path, .text = text, .len = len };
 *	struct kube_options options = { .loop = loop, .door = door };
 *	if (kubeconfig_read(arena, &from, &options, err) < 0) ...
 *	kube = kube_new(&options);
 *
 * Texts are put into the arena. Certificates, keys and the token may be in the text or in files
 * beside it. What would run a program (exec, auth-provider), trust anybody (insecure-skip-tls-
 * verify), go without TLS or through a proxy, or send a password is refused: ERR_REFUSED. A file
 * that is damaged or lacks something is ERR_INPUT with its place, a context that does not exist
 * ERR_NOT_FOUND. Secrets never enter an error.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "kube/kube.h"

#include <stddef.h>

#define KUBECONFIG_MAX ((size_t)4 << 20)

struct kubeconfig_text {
	const char *file; /* for messages; files named in it are relative to its folder */
	const char *text;
	size_t len;
	const char *context; /* NULL: the file's current-context */
};

/* Sets host, port, prefix, ca, identity and bearer; the rest stays. */
int kubeconfig_read(struct arena *arena, const struct kubeconfig_text *from,
		    struct kube_options *out, struct err *err);
