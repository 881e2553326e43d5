#include "flow/scene.h"

#include "base/fs.h"
#include "base/text.h"

#include <criterion/criterion.h>
#include <string.h>

struct profile_row {
	const char *profile;
	unsigned installs, files;
};

static const struct profile_row profiles[] = {
	{ "all-control-plane", 3, 2 },
	{ "vip-and-workers", 5, 2 },
};

Test(up, brings_both_profiles_up)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		const struct profile_row *row = &profiles[i];
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = row->profile });

		struct outcome outcome = scene_up(&scene);

		cr_assert(outcome.planned, "%s: %s", row->profile, outcome.err.text);
		cr_assert_eq(outcome.result.how, HOW_DONE, "%s: %s", row->profile,
			     outcome.err.text);
		/* each node is installed and its config kept; once each: etcd is bootstrapped,
		 * Cilium installed, its resources applied */
		cr_assert_eq(outcome.result.done, 2 * row->installs + row->files + 3);
		scene_is_healthy(&scene);
	}
}

Test(up, finds_nothing_to_do_the_second_time)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct scene scene SCOPED(scene_done) = { 0 };
		scene_init(&scene, &(struct scene_options){ .profile = profiles[i].profile });
		scene_up(&scene);

		struct outcome outcome = scene_up(&scene);

		cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
		cr_assert_eq(outcome.result.done, 0);
		cr_assert_not(outcome.resumed);
		scene_is_healthy(&scene);
	}
}

static void events_of(const char *profile, uint64_t seed, struct str *out)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = profile, .seed = seed });

	scene_up(&scene);
	str_addn(out, scene.events.at, scene.events.len);
}

Test(up, says_the_same_byte_for_byte_with_the_same_seed)
{
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		struct str first SCOPED(str_done) = STR_INIT((size_t)64 << 20);
		struct str second SCOPED(str_done) = STR_INIT((size_t)64 << 20);

		events_of(profiles[i].profile, 7, &first);
		events_of(profiles[i].profile, 7, &second);
		cr_assert_gt(first.len, 1000);
		cr_assert_str_eq(str_text(&first), str_text(&second));
	}
}

Test(up, writes_files_that_only_their_owner_reads)
{
	static const char *const files[] = { "kubeconfig", "clusterconfig/talosconfig",
					     "clusterconfig/home-mini01.yaml" };
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "all-control-plane" });
	scene_up(&scene);

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		mode_t mode;

		cr_assert_eq(fs_mode(fs_join(scene.arena, scene.folder, files[i]), &mode, NULL), 0,
			     "%s", files[i]);
		cr_assert_eq(mode, 0600, "%s", files[i]);
	}
}

Test(up, installs_a_few_at_a_time)
{
	struct scene scene SCOPED(scene_done) = { 0 };
	scene_init(&scene, &(struct scene_options){ .profile = "vip-and-workers",
						    .max_parallel = 1 });
	struct outcome outcome = scene_up(&scene);

	cr_assert_eq(outcome.result.how, HOW_DONE, "%s", outcome.err.text);
	scene_is_healthy(&scene);
}
