/*
 * Gates of health, the Talos side: what each node says of its memory, its disk and its problems,
 * and whether all control planes tell the same of etcd.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "ops/step_call.h"

#include <assert.h>
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

#define MEMBERS_MAX 64

struct seen_member {
	uint64_t id;
	bool learner;
	char name[64];
};

/* What the first control plane told. */
struct seen_members {
	const char *by;
	struct seen_member at[MEMBERS_MAX];
	size_t len;
};

static const struct node *control_plane(const struct step_run *run, unsigned *index)
{
	const struct cluster *cluster = site_cluster(step_site(run));

	for (; *index < cluster->nodes; ++*index)
		if (cluster->node[*index].role == ROLE_CONTROL)
			return &cluster->node[*index];
	return NULL;
}

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

static void remember(struct step_run *run, const struct node *by,
		     const struct talos_etcd_members *members)
{
	struct seen_members *seen = arena_alloc(run_arena(run), sizeof(*seen));

	seen->by = by->name;
	for (size_t i = 0; i < members->len && seen->len < MEMBERS_MAX; i++) {
		assert(members->at);
		struct seen_member *member = &seen->at[seen->len++];
		size_t len = strnlen(members->at[i].name, sizeof(member->name) - 1);

		member->id = members->at[i].id;
		member->learner = members->at[i].learner;
		memcpy(member->name, members->at[i].name, len);
	}
	step_memory(run)->data = seen;
}

static bool told_before(const struct seen_members *seen, const struct talos_etcd_member *member)
{
	assert(member);
	for (size_t i = 0; i < seen->len; i++)
		if (seen->at[i].id == member->id)
			return seen->at[i].learner == member->learner &&
			       strncmp(seen->at[i].name, member->name,
				       sizeof(seen->at[i].name) - 1) == 0;
	return false;
}

static bool tells_the_same(const struct seen_members *seen,
			   const struct talos_etcd_members *members)
{
	if (members->len != seen->len)
		return false;
	for (size_t i = 0; i < members->len; i++)
		if (!told_before(seen, &members->at[i]))
			return false;
	return true;
}

static int members_start(struct step_run *run, struct err *err);

static int members_again(struct step_run *run, struct err *err)
{
	step_memory(run)->index = 0;
	return step_poll(run, members_start, err);
}

static int members_listed(struct step_run *run, struct err *err)
{
	struct step_memory *memory = step_memory(run);
	const struct node *node = control_plane(run, &memory->index);
	const struct talos_etcd_members *members = step_reply(run);
	const struct seen_members *seen = memory->data;
	const struct talos_etcd_member *other;

	if (!members) {
		run_say(run, "%s: %s", node->name, step_call_err(run)->text);
		return members_again(run, err);
	}
	other = stranger(site_cluster(step_site(run)), members);
	if (other) {
		run_say(run, "%s lists a member that is no control plane: %s", node->name,
			*other->name ? other->name : "one that has not started");
		return members_again(run, err);
	}
	if (!seen)
		remember(run, node, members);
	else if (!tells_the_same(seen, members)) {
		run_say(run, "%s and %s list different members", seen->by, node->name);
		return members_again(run, err);
	}
	memory->index++;
	return members_start(run, err);
}

static int members_start(struct step_run *run, struct err *err)
{
	static const struct talos_etcd_members_request local = { .local = true };
	struct step_memory *memory = step_memory(run);

	(void)err;
	if (memory->index == 0)
		memory->data = NULL;
	const struct node *node = control_plane(run, &memory->index);

	if (!node)
		return run_done(run);
	return step_call_within(run, site_channel(step_site(run), node), &talos_etcd_members,
				&local, ASK_TIMEOUT, members_listed);
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
