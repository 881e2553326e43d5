#include "base/own.h"
#include "cel/regex_parts.h"

#include <string.h>

#define STATES_PER_STEP 8

/* Threads in the order of their worth, each with the places that it has noted. */
struct threads {
	size_t *at;	/* instructions */
	size_t **notes; /* by thread */
	size_t len;
};

/* What is left to do of a walk: an instruction, or to put a note back as it was. */
struct errand {
	size_t at; /* REGEX_NOWHERE: put back */
	size_t slot, was;
};

struct matcher {
	const struct regex *regex;
	size_t slots;
	struct threads now, next;
	size_t *seen; /* by instruction: the round in which it was added, from 1 */
	size_t round;
	struct errand *errand;
	size_t errands;
	size_t *notes; /* of the walk */
	size_t *best;
	bool found;
	size_t place;
	uint32_t before, after;
};

static void threads_new(struct threads *threads, struct arena *arena, const struct matcher *of)
{
	threads->at = arena_calloc(arena, of->regex->len, sizeof(*threads->at));
	threads->notes = arena_calloc(arena, of->regex->len, sizeof(*threads->notes));
	for (size_t i = 0; i < of->regex->len; i++)
		threads->notes[i] = arena_calloc(arena, of->slots, sizeof(size_t));
}

static void send(struct matcher *matcher, size_t at)
{
	matcher->errand[matcher->errands++] = (struct errand){ .at = at };
}

static void note(struct matcher *matcher, size_t slot)
{
	matcher->errand[matcher->errands++] =
		(struct errand){ REGEX_NOWHERE, slot, matcher->notes[slot] };
	matcher->notes[slot] = matcher->place;
}

static void stop_at(struct matcher *matcher, struct threads *threads, size_t at)
{
	threads->at[threads->len] = at;
	memcpy(threads->notes[threads->len++], matcher->notes, matcher->slots * sizeof(size_t));
}

static void visit(struct matcher *matcher, struct threads *threads, size_t at)
{
	const struct instruction *code = &matcher->regex->code[at];

	if (matcher->seen[at] == matcher->round)
		return;
	matcher->seen[at] = matcher->round;
	switch (code->op) {
	case OP_SET:
	case OP_FOUND:
		stop_at(matcher, threads, at);
		break;
	case OP_ASSERT:
		if (regex_holds(code->assertion, matcher->before, matcher->after))
			send(matcher, at + 1);
		break;
	case OP_JUMP:
		send(matcher, code->here);
		break;
	case OP_SPLIT:
		send(matcher, code->there);
		send(matcher, code->here);
		break;
	case OP_NOTE:
		note(matcher, code->here);
		send(matcher, at + 1);
		break;
	}
}

/* Adds all that an instruction reaches without a character, the best first. */
static void walk(struct matcher *matcher, struct threads *threads, size_t from)
{
	send(matcher, from);
	while (matcher->errands) {
		struct errand errand = matcher->errand[--matcher->errands];

		if (errand.at == REGEX_NOWHERE)
			matcher->notes[errand.slot] = errand.was;
		else
			visit(matcher, threads, errand.at);
	}
}

/* Threads worse than one that has found its end are given up. */
static void advance(struct matcher *matcher, uint32_t c, size_t bytes)
{
	struct threads now = matcher->now;
	uint32_t before = matcher->before;

	matcher->next.len = 0;
	matcher->round++;
	for (size_t i = 0; i < now.len; i++) {
		const struct instruction *code = &matcher->regex->code[now.at[i]];

		if (code->op == OP_FOUND) {
			memcpy(matcher->best, now.notes[i], matcher->slots * sizeof(size_t));
			matcher->best[1] = matcher->place;
			matcher->found = true;
			break;
		}
		if (c == NO_CHARACTER || !regex_is_in(code->set, c))
			continue;
		memcpy(matcher->notes, now.notes[i], matcher->slots * sizeof(size_t));
		matcher->place += bytes;
		matcher->before = c;
		walk(matcher, &matcher->next, now.at[i] + 1);
		matcher->place -= bytes;
		matcher->before = before;
	}
	matcher->now = matcher->next;
	matcher->next = now;
}

static void begin(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->slots; i++)
		matcher->notes[i] = REGEX_NOWHERE;
	matcher->notes[0] = matcher->place;
	walk(matcher, &matcher->now, 0);
}

static uint32_t last_before(const struct cel_text *text, size_t at)
{
	size_t from = at, bytes;

	if (at == 0)
		return NO_CHARACTER;
	while (from > 0 && at - from < 4) {
		from--;
		if (((unsigned char)text->at[from] & 0xc0) != 0x80)
			break;
	}
	uint32_t c = regex_character(text, from, &bytes);

	return from + bytes == at ? c : 0xfffd;
}

static void matcher_init(struct matcher *matcher, struct arena *arena)
{
	size_t len = matcher->regex->len;

	threads_new(&matcher->now, arena, matcher);
	threads_new(&matcher->next, arena, matcher);
	matcher->seen = arena_calloc(arena, len, sizeof(size_t));
	/* Every instruction sends two errands at most. */
	matcher->errand = arena_calloc(arena, 2 * len + 2, sizeof(*matcher->errand));
	matcher->notes = arena_calloc(arena, matcher->slots, sizeof(size_t));
	matcher->best = arena_calloc(arena, matcher->slots, sizeof(size_t));
}

/* `after` is what follows the place that the walk comes to, so the text is read one ahead. */
static int run(struct matcher *matcher, const struct cel_text *text, struct cel_work *work,
	       struct err *err)
{
	size_t bytes, ahead;
	uint32_t c = regex_character(text, matcher->place, &bytes);

	matcher->after = c;
	matcher->round = 1;
	for (;;) {
		if (!matcher->found)
			begin(matcher);
		if (cel_charge(work, 1 + matcher->now.len * matcher->slots / STATES_PER_STEP,
			       err) < 0)
			return -1;
		if (matcher->now.len == 0 && matcher->found)
			return 0;
		matcher->after = c == NO_CHARACTER
					 ? NO_CHARACTER
					 : regex_character(text, matcher->place + bytes, &ahead);
		advance(matcher, c, bytes);
		if (c == NO_CHARACTER)
			return 0;
		matcher->place += bytes;
		matcher->before = c;
		c = regex_character(text, matcher->place, &bytes);
	}
}

int regex_match(const struct regex *regex, const struct regex_place *place, struct cel_work *work,
		const size_t **out, struct err *err)
{
	struct matcher matcher = {
		.regex = regex,
		.slots = 2 * regex->groups.len,
		.place = place->from,
		.before = last_before(place->text, place->from),
	};

	if (cel_charge(work, regex->len * matcher.slots / 4, err) < 0)
		return -1;
	matcher_init(&matcher, work->arena);
	if (run(&matcher, place->text, work, err) < 0)
		return -1;
	*out = matcher.found ? matcher.best : NULL;
	return 0;
}
