/*
 * A snapshot of etcd into a file: streamed beside it, verified, then put into its place. Nothing
 * that destroys relies on a snapshot that this step has not read back.
 */
#include "ops/kinds.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/fs_draft.h"
#include "base/text.h"
#include "crypto/etcd_snapshot.h"
#include "ops/snapshot.h"
#include "ops/step_call.h"

#include <inttypes.h>

const struct value *snapshot_args(struct arena *arena, const char *cluster, uint64_t wall)
{
	struct map_builder *args = map_begin(arena);
	char time[TIME_TEXT_MAX];
	size_t len = 0;

	time_text(wall, time);
	for (const char *at = time; *at; at++)
		if (*at != ':' && *at != '-')
			time[len++] = *at;
	time[len] = '\0';
	map_add(args, "file",
		value_strf(arena, ".talforge/snapshots/%s-%s.db", cluster, time));
	return map_end(args);
}

struct snapshot {
	struct talos_call call;
	struct step_run *run;
	struct snapshot_hash hash;
	struct fs_draft draft;
	bool open;
	struct err err;
};

static struct snapshot *snapshot_of(struct step_run *run)
{
	return run_state(run, sizeof(struct snapshot));
}

/* NULL: nothing is kept, as in a rehearsal. */
static const char *file_of(struct step_run *run)
{
	const char *folder = site_options(step_site(run))->folder;

	return folder ? fs_join(run_arena(run), folder, run_arg(run, "file")) : NULL;
}

static int read_back(struct step_run *run, const char *path, struct etcd_snapshot *out,
		     struct err *err)
{
	if (etcd_snapshot_file(run_arena(run), path, out, err) < 0)
		return err_wrap(err, "read the snapshot back");
	if (out->hash != SNAPSHOT_HASH_OK)
		return err_set(err, ERR_REMOTE, "the snapshot does not match its hash");
	if (out->revision == 0)
		return err_set(err, ERR_REMOTE, "the snapshot holds nothing");
	return 0;
}

/* A file of that name counts only when this step may have made it. */
static int snapshot_check(struct step_run *run, struct err *err)
{
	const char *path = file_of(run);
	struct etcd_snapshot snapshot;

	(void)err;
	if (run_was_begun(run) && !run_arg(run, "replace") && path && fs_exists(path) &&
	    read_back(run, path, &snapshot, NULL) == 0)
		return run_done(run);
	return run_needed(run);
}

static int snapshot_came(struct step_run *run, struct err *err)
{
	struct snapshot *mine = snapshot_of(run);
	struct etcd_snapshot snapshot;

	if (err_is_set(&mine->err)) {
		if (err)
			*err = mine->err;
		return -1;
	}
	if (!snapshot_hash_end(&mine->hash))
		return err_set(err, ERR_REMOTE, "the snapshot was cut short or damaged on its way");
	if (mine->draft.fd < 0)
		return run_done(run);
	if (read_back(run, mine->draft.name, &snapshot, err) < 0 ||
	    fs_draft_place(&mine->draft, err) < 0)
		return -1;
	run_say(run, "etcd at revision %" PRIu64 " with %" PRIu64 " keys is in %s",
		snapshot.revision, snapshot.keys, run_arg(run, "file"));
	return run_done(run);
}

static void on_piece(struct talos_call *call, const void *reply)
{
	struct snapshot *mine = container_of(call, struct snapshot, call);
	const struct talos_bytes *bytes = reply;

	snapshot_hash_add(&mine->hash, bytes->data, bytes->len);
	if (mine->draft.fd >= 0 && !err_is_set(&mine->err))
		fs_draft_add(&mine->draft, bytes->data, bytes->len, &mine->err);
}

static void on_end(struct talos_call *call, const struct err *err)
{
	struct snapshot *mine = container_of(call, struct snapshot, call);

	if (!err_is_set(&mine->err))
		mine->err = *err;
	run_resume(mine->run, snapshot_came);
}

static int open_file(struct step_run *run, struct snapshot *mine, struct err *err)
{
	const char *path = file_of(run);

	if (!path)
		return 0;
	const char *folder = arena_strn(run_arena(run), path, (size_t)(fs_base(path) - path));

	if (*folder && !fs_is_dir(folder) && fs_mkdir(folder, 0700, err) < 0)
		return -1;
	return fs_draft_open(&mine->draft, path, 0600, err);
}

static int snapshot_start(struct step_run *run, struct err *err)
{
	static const struct talos_call_ops ops = { on_piece, on_end };
	struct snapshot *mine = snapshot_of(run);

	mine->run = run;
	mine->draft = (struct fs_draft)FS_DRAFT_NONE;
	mine->open = true;
	snapshot_hash_init(&mine->hash);
	if (open_file(run, mine, err) < 0)
		return -1;
	talos_start(&mine->call, site_channel(step_site(run), step_node(run)), &talos_etcd_snapshot,
		    NULL, &ops);
	return run_hold(run);
}

static void snapshot_cancel(struct step_run *run)
{
	struct snapshot *mine = snapshot_of(run);

	if (!mine->open)
		return;
	talos_call_done(&mine->call);
	snapshot_hash_done(&mine->hash);
	fs_draft_done(&mine->draft);
}

const struct step_kind kind_etcd_snapshot = {
	.name = "etcd-snapshot",
	.phrase = "save etcd to a file and verify it",
	.timeout_s = 15 * 60,
	.attempts = 3,
	.pause_s = 2,
	.danger = STEP_CHANGES,
	.check = snapshot_check,
	.start = snapshot_start,
	.cancel = snapshot_cancel,
};
