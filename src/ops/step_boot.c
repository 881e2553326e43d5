#include "ops/step_boot.h"

#include "base/clock.h"
#include "ops/denied.h"
#include "ops/step_call.h"

#include <stdio.h>
#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
/* From the last answer of the old boot to the first of the new one; big servers test their memory
 * for minutes. */
#define SILENCE_MAX (20 * MINUTE)
/* A node that was asked, did not answer and has not gone down by then did not hear it. */
#define UNHEARD (30 * SECOND)
/* One that answered waits a minute for another sequence to end before it drops this one. */
#define UNBEGUN (90 * SECOND)

/* A node on its way up may not know the time yet. */
#define DATED_MAX (2 * MINUTE)
#define REBOOT_DOWN (10 * MINUTE)

struct boot_watch {
	char before[64];
	enum talos_reboot_mode mode;
	step_fn *learnt;
	struct boot_wait wait;
	struct err lost;      /* how the call ended; ERR_NONE: it was answered */
	uint64_t asked, seen; /* loop time: the call's end, the old boot's last answer */
	uint64_t dated;	      /* loop time: since then dates do not fit; 0: they do */
};

static int learn(struct step_run *run, struct err *err);
static int look(struct step_run *run, struct err *err);

static int ask(struct step_run *run, step_fn *next)
{
	static const struct talos_read_request id = { .path = TALOS_BOOT_ID };
	struct channel *channel = site_channel(step_site(run), step_node(run));

	return step_call_within(run, channel, &talos_read, &id, ASK_TIMEOUT, next);
}

static bool read_id(const struct step_run *run, char *out, size_t size)
{
	const struct talos_bytes *bytes = step_reply(run);

	if (!bytes || bytes->len == 0)
		return false;
	snprintf(out, size, "%.*s", (int)(bytes->len < size ? bytes->len : size),
		 (const char *)bytes->data);
	out[strcspn(out, "\n")] = '\0';
	return out[0] != '\0';
}

static int again(struct step_run *run, step_fn *next, struct err *err)
{
	if (err_is_set(step_call_err(run)))
		run_say(run, "%s", step_call_err(run)->text);
	site_redial(step_site(run), step_node(run));
	return step_poll(run, next, err);
}

static int learnt(struct step_run *run, struct err *err)
{
	struct boot_watch *watch = step_memory(run)->data;

	if (!read_id(run, watch->before, sizeof(watch->before)))
		return again(run, learn, err);
	return watch->learnt(run, err);
}

static int learn(struct step_run *run, struct err *err)
{
	(void)err;
	return ask(run, learnt);
}

int boot_learn(struct step_run *run, step_fn *next)
{
	struct boot_watch *watch = arena_alloc(run_arena(run), sizeof(*watch));

	watch->learnt = next;
	step_memory(run)->data = watch;
	return ask(run, learnt);
}

const char *boot_before(struct step_run *run)
{
	const struct boot_watch *watch = step_memory(run)->data;

	return watch && watch->before[0] ? watch->before : NULL;
}

static int never_went(struct step_run *run, const struct boot_watch *watch, struct err *err)
{
	char text[TIME_TEXT_MAX];

	err_set(err, ERR_CONFLICT, "%s never rebooted: %s after %s it is still in the same boot",
		step_node(run)->name, duration_text(watch->wait.down, text), watch->wait.what);
	return err_hint(err, "its console shows what it waits for");
}

static int never_came(struct step_run *run, struct err *err)
{
	char text[TIME_TEXT_MAX];

	err_set(err, ERR_CONFLICT, "%s did not come back: it went down and is silent for %s: %s",
		step_node(run)->name, duration_text(SILENCE_MAX, text), step_call_err(run)->text);
	return err_hint(err, "its console shows how far it came");
}

/* It runs on as if nobody had asked: the answer that was lost was none, or another sequence was in
 * the way and the node dropped this one. Asking again is right then. */
static int unheard(struct step_run *run, const struct boot_watch *watch, struct err *err)
{
	if (!err_is_set(&watch->lost))
		return err_set(err, ERR_NET, "%s, and %s did not begin with it", watch->wait.what,
			       step_node(run)->name);
	if (err)
		*err = watch->lost;
	return -1;
}

static int still_staged(struct step_run *run, struct err *err)
{
	const struct boot_watch *watch = step_memory(run)->data;
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (status && (status->stage == STAGE_RUNNING || status->stage == STAGE_BOOTING))
		return unheard(run, watch, err);
	run_say(run, "%s", status ? talos_stage_name(status->stage) : "going down");
	return step_poll(run, look, err);
}

static int still_there(struct step_run *run, struct boot_watch *watch, struct err *err)
{
	static const struct talos_get_request stage = { &resource_machine_status, "machine" };
	uint64_t now = loop_now(run_loop(run));

	watch->seen = now;
	if (now - watch->asked > watch->wait.down)
		return never_went(run, watch, err);
	if (now - watch->asked > (err_is_set(&watch->lost) ? UNHEARD : UNBEGUN))
		return step_call_within(run, site_channel(step_site(run), step_node(run)),
					&talos_get, &stage, ASK_TIMEOUT, still_staged);
	run_say(run, "going down");
	return step_poll(run, look, err);
}

/* It is there, and one of the clocks is wrong: that does not pass by waiting. */
static bool is_out_of_date(struct step_run *run, struct boot_watch *watch)
{
	uint64_t now = loop_now(run_loop(run));

	if (!denied_by_date(step_call_err(run)))
		watch->dated = 0;
	else if (!watch->dated)
		watch->dated = now;
	return watch->dated && now - watch->dated > DATED_MAX;
}

static int looked(struct step_run *run, struct err *err)
{
	struct boot_watch *watch = step_memory(run)->data;
	char id[sizeof(watch->before)];

	if (read_id(run, id, sizeof(id)))
		return strcmp(id, watch->before) == 0 ? still_there(run, watch, err)
						      : watch->wait.next(run, err);
	if (is_out_of_date(run, watch))
		return err_denied(err, step_node(run), step_call_err(run));
	if (loop_now(run_loop(run)) - watch->seen > SILENCE_MAX)
		return never_came(run, err);
	return again(run, look, err);
}

static int look(struct step_run *run, struct err *err)
{
	(void)err;
	return ask(run, looked);
}

/* The connection broke, or the node spoke while it went down. */
static bool is_lost(const struct err *why)
{
	return why->kind == ERR_NET || why->kind == ERR_TIMEOUT;
}

int boot_await(struct step_run *run, const struct boot_wait *wait, struct err *err)
{
	struct boot_watch *watch = step_memory(run)->data;
	const struct err *why = step_call_err(run);

	if (err_is_set(why) && !is_lost(why))
		return step_call_failed(run, err);
	watch->wait = *wait;
	watch->lost = *why;
	watch->asked = watch->seen = loop_now(run_loop(run));
	return step_poll(run, look, err);
}

static int reboot_over(struct step_run *run, struct err *err)
{
	(void)err;
	return run_done(run);
}

static int reboot_asked(struct step_run *run, struct err *err)
{
	static const struct boot_wait wait = { "the reboot was asked for", reboot_over,
					       REBOOT_DOWN };

	return boot_await(run, &wait, err);
}

static int reboot_send(struct step_run *run, struct err *err)
{
	const struct boot_watch *watch = step_memory(run)->data;
	const struct talos_reboot_request request = { .mode = watch->mode };

	(void)err;
	run_say(run, "reboots");
	return step_call(run, site_channel(step_site(run), step_node(run)), &talos_reboot, &request,
			 reboot_asked);
}

int boot_reboot(struct step_run *run, enum talos_reboot_mode mode)
{
	boot_learn(run, reboot_send);
	((struct boot_watch *)step_memory(run)->data)->mode = mode;
	return 0;
}
