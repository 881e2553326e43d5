#include "stage.h"

#include "base/clock.h"
#include "common.pb-c.h"
#include "observe.pb-c.h"

#include <criterion/criterion.h>
#include <string.h>

static void three(struct stage *stage)
{
	stage_init(stage, 3, 0);
	stage_install(stage);
	stage_bootstrap(stage, CP1);
	stage_wait(stage, 5 * MINUTE);
}

static struct reply *ask(struct stage *stage, const char *method, const char *const *metadata,
			 bool streaming)
{
	return stage_run(stage, &(struct stage_call){ .address = CP1,
						      .identity = stage->admin,
						      .method = method,
						      .metadata = metadata,
						      .timeout = MINUTE,
						      .streaming = streaming });
}

Test(fan, one_answer_tells_whose_each_part_is)
{
	static const char *const names[] = { CP1, "10.0.0.99", CP3 };
	static const char *const metadata[] = { "nodes", CP1, "nodes", "10.0.0.99",
						"nodes", CP3, NULL };
	struct stage stage SCOPED(stage_done);

	three(&stage);
	const struct reply *reply = ask(&stage, "machine.MachineService/Memory", metadata, false);

	cr_assert_not(err_is_set(&reply->err), "%s", reply->err.text);
	cr_assert_eq(reply->messages, 1);
	Machine__MemoryResponse *answer =
		machine__memory_response__unpack(NULL, reply->len[0], reply->message[0]);

	cr_assert(answer);
	cr_assert_eq(answer->n_messages, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *seen = NULL;

		for (size_t k = 0; k < answer->n_messages && !seen; k++) {
			const Machine__Memory *part = answer->messages[k];
			bool there = strcmp(names[i], "10.0.0.99") != 0;

			if (strcmp(part->metadata->hostname, names[i]) != 0)
				continue;
			seen = part->metadata->hostname;
			cr_assert_eq(part->meminfo != NULL, there, "%s", names[i]);
			cr_assert_eq(*part->metadata->error != '\0', !there, "%s", names[i]);
		}
		cr_assert_not_null(seen, "%s", names[i]);
	}
	machine__memory_response__free_unpacked(answer, NULL);
}

Test(fan, messages_of_a_stream_tell_whose_they_are)
{
	static const char *const metadata[] = { "nodes", CP1, "nodes", CP2, NULL };
	struct stage stage SCOPED(stage_done);
	size_t first = 0, second = 0;

	three(&stage);
	const struct reply *reply = ask(&stage, "machine.MachineService/Dmesg", metadata, true);

	cr_assert_not(err_is_set(&reply->err), "%s", reply->err.text);
	for (size_t i = 0; i < reply->messages; i++) {
		Common__Data *piece =
			common__data__unpack(NULL, reply->len[i], reply->message[i]);

		cr_assert(piece && piece->metadata && piece->bytes.len);
		first += !strcmp(piece->metadata->hostname, CP1);
		second += !strcmp(piece->metadata->hostname, CP2);
		common__data__free_unpacked(piece, NULL);
	}
	cr_assert_gt(first, 0);
	cr_assert_gt(second, 0);
	cr_assert_eq(first + second, reply->messages);
}
