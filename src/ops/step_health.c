/*
 * Gates of health, the Talos side: what each node says of its memory, its disk and its problems,
 * and whether all control planes tell the same of etcd.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "ops/etcd_walk.h"
#include "ops/step_call.h"

#include <inttypes.h>
#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define PERMISSION_DENIED 7 /* of gRPC */
#define MEBIBYTE (UINT64_C(1) << 20)
/* What Talos asks of a node, less what firmware and kernel keep for themselves. */
#define MEMORY_CONTROL ((UINT64_C(1848) - 150) * MEBIBYTE)
#define MEMORY_WORKER ((UINT64_C(1024) - 150) * MEBIBYTE)
/* 6 GiB of disk less the partitions of the system. */
#define EPHEMERAL_LEAST (UINT64_C(3932) * MEBIBYTE)

static struct channel *channel_of(const struct step_run *run)
{
	return site_channel(step_site(run), step_node(run));
}

/* A node that does not answer is asked again; one that answers that we may not know is passed
 * over. */
static int no_answer(struct step_run *run, step_fn *again, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (why->remote == PERMISSION_DENIED || talos_says_unimplemented(why)) {
		run_say(run, "skipped: %s", why->text);
		return run_already(run);
	}
	run_say(run, "%s", why->text);
	return step_poll(run, again, err);
}

static int memory_start(struct step_run *run, struct err *err);

static int memory_known(struct step_run *run, struct err *err)
{
	const struct talos_memory *memory = step_reply(run);
	bool control = step_node(run)->role == ROLE_CONTROL;
	uint64_t least = control ? MEMORY_CONTROL : MEMORY_WORKER;

	if (!memory)
		return no_answer(run, memory_start, err);
	if (memory->total * 1024 >= least)
		return run_done(run);
	return err_set(err, ERR_CONFLICT, "it has %" PRIu64 " MiB of memory, %s needs %" PRIu64,
		       memory->total / 1024, control ? "a control plane" : "a worker",
		       least / MEBIBYTE);
}

static int memory_start(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call_within(run, channel_of(run), &talos_memory, NULL, ASK_TIMEOUT,
				memory_known);
}

const struct step_kind kind_memory = {
	.name = "memory",
	.phrase = "see that the node has enough memory",
	.timeout_s = 5 * 60,
	.danger = STEP_SAFE,
	.start = memory_start,
	.cancel = step_call_cancel,
};

static int volume_start(struct step_run *run, struct err *err);

static int volume_known(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_volume *volume = reply ? reply->spec : NULL;

	if (step_call_err(run)->kind == ERR_NOT_FOUND) {
		run_say(run, "skipped: the node tells of no volume EPHEMERAL");
		return run_already(run);
	}
	if (!volume)
		return no_answer(run, volume_start, err);
	if (volume->size >= EPHEMERAL_LEAST)
		return run_done(run);
	return err_set(err, ERR_CONFLICT,
		       "its volume EPHEMERAL has %" PRIu64 " MiB, %" PRIu64 " are needed",
		       volume->size / MEBIBYTE, EPHEMERAL_LEAST / MEBIBYTE);
}

static int volume_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_volume_status, "EPHEMERAL" };

	(void)err;
	return step_call_within(run, channel_of(run), &talos_get, &ask, ASK_TIMEOUT, volume_known);
}

const struct step_kind kind_disk_size = {
	.name = "disk-size",
	.phrase = "see that the node's disk is large enough",
	.timeout_s = 5 * 60,
	.danger = STEP_SAFE,
	.start = volume_start,
	.cancel = step_call_cancel,
};

static int diagnostics_start(struct step_run *run, struct err *err);

static int diagnostics_listed(struct step_run *run, struct err *err)
{
	const struct talos_resource *first = step_reply(run);
	const struct talos_diagnostic *diagnostic = first ? first->spec : NULL;

	if (err_is_set(step_call_err(run)))
		return no_answer(run, diagnostics_start, err);
	if (!first)
		return run_done(run);
	run_say(run, "%s: %s", first->id, diagnostic ? diagnostic->message : "a problem");
	return step_poll(run, diagnostics_start, err);
}

static int diagnostics_start(struct step_run *run, struct err *err)
{
	static const struct talos_get_request ask = { &resource_diagnostic, NULL };

	(void)err;
	return step_call_within(run, channel_of(run), &talos_list, &ask, ASK_TIMEOUT,
				diagnostics_listed);
}

const struct step_kind kind_diagnostics = {
	.name = "diagnostics",
	.phrase = "wait until the node complains of nothing",
	.timeout_s = 5 * 60,
	.danger = STEP_SAFE,
	.start = diagnostics_start,
	.cancel = step_call_cancel,
};

/* ---- etcd ------------------------------------------------------------------------------------ */

static bool has_address(const struct node *node, const char *host, size_t len)
{
	for (size_t i = 0; i < node->addresses; i++)
		if (strlen(node->address[i]) == len && strncmp(node->address[i], host, len) == 0)
			return true;
	return false;
}

/* The host of "https://10.0.0.1:2380" or "https://[fd00::1]:2380". */
static const char *url_host(const char *url, size_t *len)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	if (*host == '[') {
		*len = strcspn(host + 1, "]");
		return host + 1;
	}
	*len = strcspn(host, ":/");
	return host;
}

static bool is_at(const struct talos_etcd_member *member, const struct node *node)
{
	if (text_equal(member->name, node->name))
		return true;
	for (size_t i = 0; member->peers[i]; i++) {
		size_t len;
		const char *host = url_host(member->peers[i], &len);

		if (has_address(node, host, len))
			return true;
	}
	return false;
}

static const struct talos_etcd_member *stranger(const struct cluster *cluster,
						const struct talos_etcd_members *members)
{
	for (size_t i = 0; i < members->len; i++) {
		bool known = false;

		for (size_t n = 0; n < cluster->nodes; n++)
			known = known || (cluster->node[n].role == ROLE_CONTROL &&
					  is_at(&members->at[i], &cluster->node[n]));
		if (!known)
			return &members->at[i];
	}
	return NULL;
}

static int members_start(struct step_run *run, struct err *err);

static int members_again(struct step_run *run, struct err *err)
{
	return step_poll(run, members_start, err);
}

static int judge_members(struct step_run *run, const struct node *node,
			 const struct etcd_listed *first, const struct talos_etcd_members *members,
			 struct err *err)
{
	const struct talos_etcd_member *other = stranger(site_cluster(step_site(run)), members);

	(void)err;
	if (other) {
		run_say(run, "%s lists a member that is no control plane: %s", node->name,
			*other->name ? other->name : "one that has not started");
		return 1;
	}
	if (etcd_listed_same(first, members))
		return 0;
	run_say(run, "%s and %s list different members", first->by, node->name);
	return 1;
}

static int members_start(struct step_run *run, struct err *err)
{
	static const struct etcd_walk walk = { judge_members, members_again };

	(void)err;
	return etcd_walk(run, &walk);
}

const struct step_kind kind_etcd_members = {
	.name = "etcd-members",
	.phrase = "wait until all control planes list the same etcd members, all of them control "
		  "planes",
	.timeout_s = 5 * 60,
	.danger = STEP_SAFE,
	.start = members_start,
	.cancel = step_call_cancel,
};
