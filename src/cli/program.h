/*
 * The program: one run of the executable. It holds what the command line said, opens what a command
 * asks for when it asks for it, and closes all of it at the end.
 *
 *	static int cmd_status(struct program *program, const void *options, struct err *err)
 *	{
 *		const struct cluster *cluster;
 *
 *		if (program_cluster(program, &cluster, err) < 0)
 *			return -1;
 *		...
 *		program->result = (struct result){ .value = map };
 *		return 0;
 *	}
 *
 * Everything it hands out is borrowed and lives as long as the program. A result that is set is
 *printed when the command returns, also when it fails; `exit_code` counts when it does not.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/trace.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "cluster/workspace.h"
#include "kube/kube.h"
#include "loop/loop.h"
#include "net/dial.h"
#include "net/ssh.h"
#include "ops/site.h"

#include <stdbool.h>
#include <stdint.h>

#define STATE_FOLDER ".talforge" /* of a workspace */

struct globals { /* flags of every command */
	const char *workspace, *output, *talosconfig, *kubeconfig, *hosts, *fingerprint;
	struct words nodes;
	bool sim, debug, quiet, show_secrets, help, version;
};
extern const struct option global_options[];

struct changes { /* flags of commands that change something */
	bool dry_run, yes;
	struct parallel parallel;
	uint64_t timeout;
	const char *events;
};
extern const struct option change_options[];

struct listener;
struct rehearsal;
struct sim;

struct program_access { /* for sites: secrets, when something needs them */
	struct site_access site;
	struct program *program;
	const char *const *peers; /* once read */
};

enum work_mode { /* what becomes of a changing command's plan */
	WORK_RUN,
	WORK_PLAN,     /* `plan` in front: it is shown, and saved to a file */
	WORK_REHEARSE, /* `rehearse` in front: it runs on a simulated copy, in virtual time */
};

/* Says what is wrong with the configs that good files amount to. */
struct judge {
	void (*run)(struct judge *judge, const struct cluster *cluster, struct findings *findings);
};

struct program {
	struct arena *arena; /* owned */
	env_fn *env;
	struct terminal terminal;
	struct say say;
	const struct command *command;
	const struct command *prefix; /* `plan` or `rehearse`, which stood in front; NULL */
	const void *options;	      /* of the command */
	struct globals globals;
	struct words nodes_said; /* --nodes, as given */
	struct changes changes;
	enum work_mode work;
	const char *plan_file;	     /* WORK_PLAN: where to save; NULL: nowhere */
	struct rehearsal *rehearsal; /* WORK_REHEARSE: borrowed; what loop and site come from */
	uint64_t epoch;		     /* wall time that is told as the epoch; 0: none is moved */
	struct listener *audience;   /* hears what a run says, besides the progress; NULL: nobody */

	struct result result;
	int exit_code;

	/* opened on first use; owned */
	struct workspace *workspace;
	struct keyring *keyring; /* without a workspace */
	struct loop *loop;
	struct sim *sim;
	struct site *site;
	struct dialer_tcp tcp;
	struct dialer *dialer;
	struct http_curl *http;
	struct http_door *door; /* to Kubernetes; borrowed */
	struct ssh_network *ssh;
	struct ssh_door *router; /* to the router; borrowed */
	struct program_access access;
	struct identity identity; /* of --talosconfig */
	struct kube_options kube; /* of --kubeconfig; without a host when there is none */
	struct findings findings; /* once asked for */
	struct judge *judge;	  /* of a command that renders; borrowed; NULL: render_check() */
	bool findings_said, clear_said;
	struct trace trace; /* of --debug */
};

struct program *program_new(env_fn *env);
void program_free(struct program *program);
OWN_DEFINE(struct program, program_free)

/* Parses argv (without the program's name), runs the command, prints the result; returns the exit
 * code. */
int program_main(struct program *program, const char *const *argv);

/* Prints the result now and once, for commands that go on; others leave it to program_main(). */
int program_print(struct program *program, struct err *err);
/* For commands whose result is a text and nothing else. */
int program_print_text(const struct str *text, struct err *err);

enum format program_format(const struct program *program);
uint64_t program_wall(const struct program *program);

/* Where the environment says that the keys of encrypted files are. */
struct keyring_sources program_keys(const struct program *program);
/* Findings that are errors are said and become one ERR_INPUT; warnings are said by
 * program_cluster(). */
int program_workspace(struct program *program, struct err *err);
int program_cluster(struct program *program, const struct cluster **out, struct err *err);
/* Of the files and of the configs they amount to; for a program with an open workspace. */
const struct findings *program_findings(struct program *program);
/* With a warning when it is kept in clear. */
int program_bundle(struct program *program, const struct bundle **out, struct err *err);
/* For commands that know what those would say without reading the files: says it in their place.
 * `bundle` is the name of a file in clear. */
void program_recall(struct program *program, const struct findings *findings, const char *bundle);
/* -C, or the working directory; whether it is a workspace is not known before program_workspace().
 */
const char *program_folder(const struct program *program);
int program_loop(struct program *program, struct err *err);
/* The real network with the detours of --hosts, or the simulated world of --sim. */
int program_site(struct program *program, struct site **out, struct err *err);
/* A path in .talforge/, which is made when it is absent. */
int program_state_path(struct program *program, const char *name, const char **out,
		       struct err *err);
/* Where the last-known-good configs of its nodes are kept, real or simulated. */
const char *program_kept_folder(const struct program *program);
/* The nodes of --nodes (names, addresses or roles), NULL-ended; NULL: all. */
int program_nodes(struct program *program, const char *const **out, struct err *err);
/* Runs the loop until somebody stops it; the first Ctrl-C is ERR_CANCELLED. */
int program_wait(struct program *program, struct err *err);
