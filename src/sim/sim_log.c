#include "sim/sim_log.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"

#include <string.h>

static const char *const condition_names[CONDITION_COUNT] = {
	[CONDITION_SERVICES] = "services",
	[CONDITION_STATIC_PODS] = "staticPods",
	[CONDITION_NODE_READY] = "nodeReady",
};

const char *condition_name(enum sim_condition condition)
{
	return condition_names[condition];
}

bool sim_status_ready(const struct sim_status *status)
{
	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		if (status->unmet[i])
			return false;
	}
	return true;
}

bool sim_status_equal(const struct sim_status *a, const struct sim_status *b)
{
	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		if (!text_equal(a->unmet[i], b->unmet[i]))
			return false;
	}
	return a->stage == b->stage;
}

void log_done(struct sim_log *log)
{
	mem_free(log->ring, LOG_EVENTS * sizeof(struct sim_event *));
	log->ring = NULL;
}

void log_reset(struct sim_log *log, struct random_source *random)
{
	log_done(log);
	log->count = 0;
	random_fill(random, log->machine, sizeof(log->machine));
	random_fill(random, &log->next_id, sizeof(log->next_id));
}

/* An xid: seconds, machine and process, a counter, in base32 with the digits first. */
void log_new_id(struct sim_log *log, uint64_t wall, char id[static 21])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	uint64_t seconds = wall / SECOND;
	uint32_t count = log->next_id++;
	unsigned char raw[13] = { 0 };

	for (unsigned i = 0; i < 4; i++)
		raw[i] = (unsigned char)(seconds >> (24 - 8 * i));
	memcpy(raw + 4, log->machine, sizeof(log->machine));
	for (unsigned i = 0; i < 3; i++)
		raw[9 + i] = (unsigned char)(count >> (16 - 8 * i));
	for (unsigned i = 0; i < 20; i++) {
		unsigned bit = i * 5;
		unsigned pair = (unsigned)raw[bit / 8] << 8 | raw[bit / 8 + 1];

		id[i] = digits[pair >> (11 - bit % 8) & 31];
	}
	id[20] = '\0';
}

void log_add(struct sim_log *log, struct arena *arena, uint64_t wall,
	     const struct sim_event *event)
{
	struct sim_event *kept = arena_dup(arena, event, sizeof(*event));

	if (!log->ring)
		log->ring = mem_new(LOG_EVENTS * sizeof(struct sim_event *));
	kept->name = arena_str(arena, event->name);
	kept->text = arena_str(arena, event->text);
	kept->actor = event->actor[0] ? arena_str(arena, event->actor) : "";
	kept->wall = wall;
	log_new_id(log, wall, kept->id);
	kept->number = ++log->count;
	log->ring[(kept->number - 1) % LOG_EVENTS] = kept;
}

uint64_t log_first(const struct sim_log *log)
{
	return log->count > LOG_EVENTS ? log->count - LOG_EVENTS + 1 : 1;
}

const struct sim_event *log_at(const struct sim_log *log, uint64_t number)
{
	if (number < log_first(log) || number > log->count)
		return NULL;
	return log->ring[(number - 1) % LOG_EVENTS];
}
