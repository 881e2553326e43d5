/*
 * Changing the system that a node boots: pull its image, write it, boot it, see what runs; and back
 * to what ran before.
 *
 * Every step carries the wanted version, and the schematic where it is known, so that it finds its
 * work done whoever did it. What is being done to a node that goes down is waited for, not done
 * again.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/text.h"
#include "ops/installer.h"
#include "ops/step_boot.h"
#include "ops/step_call.h"

#include <string.h>

#define ASK_TIMEOUT (5 * SECOND)
#define PULL_TIMEOUT (15 * MINUTE)
#define WRITE_TIMEOUT (20 * MINUTE)
/* The old call pulls, stops everything and writes before the boot ends. */
#define UPGRADE_DOWN (30 * MINUTE)
/* Extensions are told a moment after the boot. */
#define EXTENSIONS_PATIENCE MINUTE

static struct channel *channel_of(const struct step_run *run)
{
	return site_channel(step_site(run), step_node(run));
}

static int ask_version(struct step_run *run, step_fn *next)
{
	return step_call_within(run, channel_of(run), &talos_version, NULL, ASK_TIMEOUT, next);
}

static int ask_extensions(struct step_run *run, step_fn *next)
{
	static const struct talos_get_request ask = { &resource_extension, NULL };

	return step_call_within(run, channel_of(run), &talos_list, &ask, ASK_TIMEOUT, next);
}

static int ask_again(struct step_run *run, step_fn *next, struct err *err)
{
	run_say(run, "%s", step_call_err(run)->text);
	site_redial(step_site(run), step_node(run));
	return step_poll(run, next, err);
}

/* Of the extensions just told; "": none. */
static const char *schematic_told(const struct step_run *run)
{
	for (size_t i = 0; i < step_replies(run); i++) {
		const struct talos_resource *resource = step_reply_at(run, i);
		const struct talos_extension *extension = resource->spec;

		if (extension && strcmp(extension->name, "schematic") == 0)
			return extension->version;
	}
	return "";
}

/* ---- does it run already? -------------------------------------------------------------------- */

static int target_check(struct step_run *run, struct err *err);

/* It runs something else: because nobody has changed it, or because that is under way. */
static int target_staged(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (!status)
		return ask_again(run, target_check, err);
	if (status->stage != STAGE_REBOOTING && status->stage != STAGE_UPGRADING)
		return run_needed(run);
	run_say(run, "%s", talos_stage_name(status->stage));
	return step_poll(run, target_check, err);
}

static int target_absent(struct step_run *run)
{
	static const struct talos_get_request ask = { &resource_machine_status, "machine" };

	return step_call_within(run, channel_of(run), &talos_get, &ask, ASK_TIMEOUT, target_staged);
}

static int target_extended(struct step_run *run, struct err *err)
{
	if (err_is_set(step_call_err(run)))
		return ask_again(run, target_check, err);
	return schematic_same(schematic_told(run), run_arg(run, "schematic")) ? run_done(run)
									      : target_absent(run);
}

static int target_versioned(struct step_run *run, struct err *err)
{
	const struct talos_version *version = step_reply(run);

	if (!version)
		return ask_again(run, target_check, err);
	if (!text_equal(version->tag, run_arg(run, "version")))
		return target_absent(run);
	return run_arg(run, "schematic") ? ask_extensions(run, target_extended) : run_done(run);
}

static int target_check(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_version(run, target_versioned);
}

/* ---- upgrade: one call that does all of it --------------------------------------------------- */

static int upgrade_over(struct step_run *run, struct err *err)
{
	(void)err;
	return run_done(run);
}

static int upgrade_asked(struct step_run *run, struct err *err)
{
	static const struct boot_wait wait = { "the upgrade was asked for", upgrade_over,
					       UPGRADE_DOWN };

	return boot_await(run, &wait, err);
}

/* A node refuses to take one of two members of etcd away; that the other is well was seen before,
 * and nothing else is skipped by it. */
static int upgrade_send(struct step_run *run, struct err *err)
{
	const struct talos_upgrade_request request = {
		.image = run_arg(run, "image"),
		.stage = text_equal(run_arg(run, "stage"), "true"),
		.preserve = text_equal(run_arg(run, "two"), "true"),
		.mode = text_equal(run_arg(run, "mode"), "powercycle") ? REBOOT_POWERCYCLE
								       : REBOOT_NORMAL,
	};

	(void)err;
	run_say(run, "installs %s", request.image);
	return step_call_within(run, channel_of(run), &talos_upgrade, &request, WRITE_TIMEOUT,
				upgrade_asked);
}

static int upgrade_start(struct step_run *run, struct err *err)
{
	(void)err;
	return boot_learn(run, upgrade_send);
}

const struct step_kind kind_upgrade = {
	.name = "upgrade",
	.phrase = "install the new system and reboot into it",
	.timeout_s = 90 * 60,
	.attempts = 3,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.check = target_check,
	.start = upgrade_start,
	.cancel = step_call_cancel,
};

/* ---- lifecycle-upgrade: writes only ---------------------------------------------------------- */

static int write_send(struct step_run *run, struct err *err);

/* The last line of what the installer printed, which comes in pieces cut anywhere. */
static const char *last_words(const struct step_run *run, struct str *out)
{
	for (size_t i = 0; i < step_replies(run); i++) {
		const struct talos_progress *progress = step_reply_at(run, i);

		if (!progress->done)
			str_add(out, progress->message);
	}
	char *text = arena_str(run_arena((struct step_run *)(uintptr_t)run), str_text(out));
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r' || text[len - 1] == ' '))
		text[--len] = '\0';
	const char *line = strrchr(text, '\n');

	return line ? line + 1 : text;
}

static int write_judged(struct step_run *run, struct err *err)
{
	struct str said SCOPED(str_done) = STR_INIT((size_t)1 << 20);
	size_t count = step_replies(run);
	const struct talos_progress *last = count > 0 ? step_reply_at(run, count - 1) : NULL;

	if (!last || !last->done)
		return err_set(err, ERR_REMOTE, "the installer did not say how it ended");
	if (last->exit_code == 0)
		return run_done(run);
	err_set(err, ERR_CONFLICT, "the installer failed with code %d: %s", last->exit_code,
		last_words(run, &said));
	return err_hint(err, "nothing was changed: the node still boots what it runs");
}

static int write_answered(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (talos_says_unimplemented(why))
		return upgrade_start(run, err);
	if (talos_says_not_yet(why)) {
		run_say(run, "%s", why->text);
		return step_poll(run, write_send, err);
	}
	return err_is_set(why) ? step_call_failed(run, err) : write_judged(run, err);
}

static int write_send(struct step_run *run, struct err *err)
{
	const struct talos_lifecycle_request request = { .store = STORE_SYSTEM,
							 .image = run_arg(run, "image") };

	(void)err;
	run_say(run, "installs %s", request.image);
	return step_call_within(run, channel_of(run), &talos_lifecycle_upgrade, &request,
				WRITE_TIMEOUT, write_answered);
}

/* It was pulled before, but a node may have cleaned up since; should the registry be away now, what
 * is there will do. */
static int write_pulled(struct step_run *run, struct err *err)
{
	const struct err *why = step_call_err(run);

	if (talos_says_unimplemented(why))
		return upgrade_start(run, err);
	if (err_is_set(why))
		run_say(run, "%s", why->text);
	return write_send(run, err);
}

static int write_start(struct step_run *run, struct err *err)
{
	const struct talos_image_request request = { STORE_SYSTEM, run_arg(run, "image") };

	(void)err;
	return step_call_within(run, channel_of(run), &talos_image_pull, &request, PULL_TIMEOUT,
				write_pulled);
}

const struct step_kind kind_lifecycle_upgrade = {
	.name = "lifecycle-upgrade",
	.phrase = "install the new system beside the one that runs",
	.timeout_s = 90 * 60,
	.attempts = 3,
	.pause_s = 5,
	.danger = STEP_CHANGES,
	.check = target_check,
	.start = write_start,
	.cancel = step_call_cancel,
};

static int switch_start(struct step_run *run, struct err *err)
{
	(void)err;
	return boot_reboot(run, text_equal(run_arg(run, "mode"), "powercycle") ? REBOOT_POWERCYCLE
									       : REBOOT_NORMAL);
}

const struct step_kind kind_boot_image = {
	.name = "boot-image",
	.phrase = "reboot into the new system",
	.timeout_s = 60 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = target_check,
	.start = switch_start,
	.cancel = step_call_cancel,
};

/* ---- verify-version -------------------------------------------------------------------------- */

static int verify_start(struct step_run *run, struct err *err);

static int verify_extended(struct step_run *run, struct err *err)
{
	const char *wanted = run_arg(run, "schematic");
	bool late = loop_now(run_loop(run)) - step_polling_since(run) > EXTENSIONS_PATIENCE;

	if (err_is_set(step_call_err(run)))
		return ask_again(run, verify_start, err);
	if (schematic_same(schematic_told(run), wanted))
		return run_done(run);
	if (!late) {
		run_say(run, "waits for the extensions to be told");
		return step_poll(run, verify_start, err);
	}
	err_set(err, ERR_CONFLICT, "%s runs Talos %s, but with schematic %.64s instead of %.64s",
		step_node(run)->name, run_arg(run, "version"),
		*schematic_told(run) ? schematic_told(run) : "none", *wanted ? wanted : "none");
	return err_hint(err, "the image that was installed is not the one that was asked for, or "
			     "the old system was booted");
}

static int verify_versioned(struct step_run *run, struct err *err)
{
	const struct talos_version *version = step_reply(run);
	const char *wanted = run_arg(run, "version");

	if (!version)
		return ask_again(run, verify_start, err);
	if (text_equal(version->tag, wanted))
		return run_arg(run, "schematic") ? ask_extensions(run, verify_extended)
						 : run_done(run);
	err_set(err, ERR_CONFLICT, "%s booted the old system: it runs Talos %s, not %s",
		step_node(run)->name, version->tag, wanted);
	return err_hint(err, "the new one was not written, or did not come up and the boot loader "
			     "fell back; its console shows why");
}

static int verify_start(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_version(run, verify_versioned);
}

const struct step_kind kind_verify_version = {
	.name = "verify-version",
	.phrase = "see which system runs",
	.timeout_s = 20 * 60,
	.danger = STEP_SAFE,
	.start = verify_start,
	.cancel = step_call_cancel,
};

/* ---- rollback -------------------------------------------------------------------------------- */

static int rollback_check(struct step_run *run, struct err *err);

/* The same system still, or one that differs from it? Only what differs proves anything: the other
 * system's version is nowhere to be read before it runs. */
static bool is_other(const struct step_run *run, const char *version)
{
	return !text_equal(version, run_arg(run, "version"));
}

static int rollback_staged(struct step_run *run, struct err *err)
{
	const struct talos_resource *reply = step_reply(run);
	const struct talos_machine_status *status = reply ? reply->spec : NULL;

	if (!status)
		return ask_again(run, rollback_check, err);
	if (status->stage != STAGE_REBOOTING)
		return run_needed(run);
	run_say(run, "%s", talos_stage_name(status->stage));
	return step_poll(run, rollback_check, err);
}

static int rollback_same(struct step_run *run)
{
	static const struct talos_get_request ask = { &resource_machine_status, "machine" };

	return step_call_within(run, channel_of(run), &talos_get, &ask, ASK_TIMEOUT,
				rollback_staged);
}

static int rollback_extended(struct step_run *run, struct err *err)
{
	if (err_is_set(step_call_err(run)))
		return ask_again(run, rollback_check, err);
	return schematic_same(schematic_told(run), run_arg(run, "schematic")) ? rollback_same(run)
									      : run_done(run);
}

static int rollback_versioned(struct step_run *run, struct err *err)
{
	const struct talos_version *version = step_reply(run);

	if (!version)
		return ask_again(run, rollback_check, err);
	if (is_other(run, version->tag))
		return run_done(run);
	return run_arg(run, "schematic") ? ask_extensions(run, rollback_extended)
					 : rollback_same(run);
}

static int rollback_check(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_version(run, rollback_versioned);
}

static int rolled_known(struct step_run *run, struct err *err);

static int rolled_back(struct step_run *run, struct err *err)
{
	(void)err;
	return ask_version(run, rolled_known);
}

static int rolled_extended(struct step_run *run, struct err *err)
{
	bool late = loop_now(run_loop(run)) - step_polling_since(run) > EXTENSIONS_PATIENCE;
	bool same = schematic_same(schematic_told(run), run_arg(run, "schematic"));

	if (err_is_set(step_call_err(run)))
		return ask_again(run, rolled_back, err);
	if (!same)
		return run_done(run);
	if (!late)
		return step_poll(run, rolled_back, err);
	return err_set(err, ERR_CONFLICT, "%s rebooted, and runs the same system as before",
		       step_node(run)->name);
}

static int rolled_known(struct step_run *run, struct err *err)
{
	const struct talos_version *version = step_reply(run);

	if (!version)
		return ask_again(run, rolled_back, err);
	run_say(run, "runs Talos %s", version->tag);
	if (is_other(run, version->tag))
		return run_done(run);
	return ask_extensions(run, rolled_extended);
}

static int rollback_asked(struct step_run *run, struct err *err)
{
	static const struct boot_wait wait = { "the rollback was asked for", rolled_back,
					       10 * MINUTE };

	if (boot_await(run, &wait, err) == 0)
		return 0;
	if (!err || err->kind != ERR_REMOTE)
		return -1;
	err->kind = ERR_CONFLICT;
	err_wrap(err, "%s has no other system to go back to", step_node(run)->name);
	return -1;
}

static int rollback_send(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call(run, channel_of(run), &talos_rollback, NULL, rollback_asked);
}

static int rollback_start(struct step_run *run, struct err *err)
{
	(void)err;
	return boot_learn(run, rollback_send);
}

const struct step_kind kind_rollback = {
	.name = "rollback",
	.phrase = "boot the system that ran before",
	.timeout_s = 60 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = rollback_check,
	.start = rollback_start,
	.cancel = step_call_cancel,
};

/* ---- forfeit --------------------------------------------------------------------------------- */

static int forfeit_known(struct step_run *run, struct err *err)
{
	const struct talos_etcd_status *status = step_reply(run);

	if (!status)
		return step_call_failed(run, err);
	return status->leader == status->member ? run_needed(run) : run_done(run);
}

static int forfeit_check(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call_within(run, channel_of(run), &talos_etcd_status, NULL, ASK_TIMEOUT,
				forfeit_known);
}

static int forfeited(struct step_run *run, struct err *err)
{
	const struct talos_etcd_forfeited *reply = step_reply(run);

	if (err_is_set(step_call_err(run)))
		return step_call_failed(run, err);
	if (!reply || text_is_blank(reply->leader))
		return run_already(run);
	run_say(run, "%s leads now", reply->leader);
	return run_done(run);
}

static int forfeit_start(struct step_run *run, struct err *err)
{
	(void)err;
	return step_call(run, channel_of(run), &talos_etcd_forfeit, NULL, forfeited);
}

const struct step_kind kind_forfeit = {
	.name = "forfeit",
	.phrase = "give up the leadership of etcd",
	.timeout_s = 2 * 60,
	.attempts = 4,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = forfeit_check,
	.start = forfeit_start,
	.cancel = step_call_cancel,
};

/* ---- held ------------------------------------------------------------------------------------ */

static int held_start(struct step_run *run, struct err *err)
{
	const struct value *notes = value_get(run_args(run), "notes");

	(void)err;
	for (size_t i = 0; i < value_len(notes); i++)
		run_say(run, "%s", value_text(value_at(notes, i)));
	return run_done(run);
}

const struct step_kind kind_held = {
	.name = "held",
	.phrase = "tell what stays",
	.timeout_s = 10,
	.danger = STEP_SAFE,
	.start = held_start,
};
