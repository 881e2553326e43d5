#include "cel/regex.h"

#include "base/own.h"
#include "base/utf8.h"
#include "cel/lex.h"
#include "cel/regex_parts.h"

#include <string.h>

#define CODE_MAX 10000
#define STATES_PER_STEP 16

static size_t emit(struct regex *regex, enum op op)
{
	regex->code = arena_grow(regex->arena, regex->code, regex->len, &regex->cap,
				 sizeof(*regex->code));
	regex->code[regex->len] = (struct instruction){ .op = op };
	return regex->len++;
}

static int emit_part(struct regex *regex, const struct part *part, struct err *err);

/* Whether it matches the empty text somewhere. */
static bool may_be_empty(const struct part *part)
{
	bool any = false, all = true;

	if (part->kind == PART_SET || part->kind == PART_ASSERT)
		return part->kind == PART_ASSERT;
	if (part->kind == PART_REPEAT)
		return part->least == 0 || may_be_empty(part->a);
	for (const struct part *at = part->a; at; at = at->next) {
		bool empty = may_be_empty(at);

		any |= empty;
		all &= empty;
	}
	return part->kind == PART_OR ? any : all;
}

/* Which way of a split is better. */
static void aim(struct regex *regex, size_t split, bool lazy, size_t inside, size_t behind)
{
	regex->code[split].here = lazy ? behind : inside;
	regex->code[split].there = lazy ? inside : behind;
}

/* a+ */
static int emit_plus(struct regex *regex, const struct part *part, struct err *err)
{
	size_t begin = regex->len;

	if (emit_part(regex, part->a, err) < 0)
		return -1;
	size_t split = emit(regex, OP_SPLIT);

	aim(regex, split, part->lazy, begin, regex->len);
	return 0;
}

/* a*; what may be empty is (a+)?, so that the better one of its matches is found. */
static int emit_star(struct regex *regex, const struct part *part, struct err *err)
{
	size_t split = emit(regex, OP_SPLIT);
	size_t inside = regex->len;

	if (may_be_empty(part->a)) {
		if (emit_plus(regex, part, err) < 0)
			return -1;
	} else {
		if (emit_part(regex, part->a, err) < 0)
			return -1;
		size_t jump = emit(regex, OP_JUMP);

		regex->code[jump].here = split;
	}
	aim(regex, split, part->lazy, inside, regex->len);
	return 0;
}

/* (a(a(a)?)?)?: without one there is none of those behind it. */
static int emit_maybes(struct regex *regex, const struct part *part, uint32_t count,
		       struct err *err)
{
	size_t first = regex->len;
	size_t *split = arena_calloc(regex->arena, count + 1, sizeof(*split));

	for (uint32_t i = 0; i < count; i++) {
		split[i] = emit(regex, OP_SPLIT);
		if (emit_part(regex, part->a, err) < 0)
			return -1;
	}
	for (uint32_t i = 0; i < count && regex->len > first; i++)
		aim(regex, split[i], part->lazy, split[i] + 1, regex->len);
	return 0;
}

static int emit_repeat(struct regex *regex, const struct part *part, struct err *err)
{
	bool forever = part->most == REPEAT_FOREVER;
	uint32_t copies = part->least - (forever && part->least > 0);

	for (uint32_t i = 0; i < copies; i++)
		if (emit_part(regex, part->a, err) < 0)
			return -1;
	if (forever)
		return (part->least > 0 ? emit_plus : emit_star)(regex, part, err);
	return emit_maybes(regex, part, part->most - part->least, err);
}

static int emit_group(struct regex *regex, const struct part *part, struct err *err)
{
	size_t begin = emit(regex, OP_NOTE);

	regex->code[begin].here = 2 * (size_t)part->group;
	if (emit_part(regex, part->a, err) < 0)
		return -1;
	size_t end = emit(regex, OP_NOTE);

	regex->code[end].here = 2 * (size_t)part->group + 1;
	return 0;
}

/* Until their end is known, the jumps behind the alternatives form a chain. */
static int emit_or(struct regex *regex, const struct part *part, struct err *err)
{
	size_t chain = 0;

	for (const struct part *at = part->a; at; at = at->next) {
		size_t split = at->next ? emit(regex, OP_SPLIT) : 0;

		if (at->next)
			regex->code[split].here = regex->len;
		if (emit_part(regex, at, err) < 0)
			return -1;
		if (!at->next)
			break;
		size_t jump = emit(regex, OP_JUMP);

		regex->code[jump].here = chain;
		regex->code[split].there = regex->len;
		chain = jump;
	}
	while (chain) {
		size_t before = regex->code[chain].here;

		regex->code[chain].here = regex->len;
		chain = before;
	}
	return 0;
}

static int emit_then(struct regex *regex, const struct part *part, struct err *err)
{
	for (const struct part *at = part->a; at; at = at->next)
		if (emit_part(regex, at, err) < 0)
			return -1;
	return 0;
}

static int emit_part(struct regex *regex, const struct part *part, struct err *err)
{
	size_t at;

	if (++regex->parts > CODE_MAX)
		return err_set(err, ERR_INPUT, "the pattern is too large");
	switch (part->kind) {
	case PART_SET:
		at = emit(regex, OP_SET);
		regex->code[at].set = &part->set;
		return 0;
	case PART_ASSERT:
		at = emit(regex, OP_ASSERT);
		regex->code[at].assertion = part->assertion;
		return 0;
	case PART_REPEAT:
		return emit_repeat(regex, part, err);
	case PART_THEN:
		return emit_then(regex, part, err);
	case PART_OR:
		return emit_or(regex, part, err);
	case PART_GROUP:
		return emit_group(regex, part, err);
	}
	return 0;
}

int regex_compile(struct arena *arena, const struct cel_text *pattern, const struct regex **out,
		  struct err *err)
{
	struct regex *regex = arena_alloc(arena, sizeof(*regex));
	const struct part *part;

	regex->arena = arena;
	if (regex_read(arena, pattern, &regex->groups, &part, err) < 0 ||
	    emit_part(regex, part, err) < 0)
		return -1;
	emit(regex, OP_FOUND);
	*out = regex;
	return 0;
}

size_t regex_size(const struct regex *regex)
{
	return regex->len;
}

size_t regex_groups(const struct regex *regex)
{
	return regex->groups.len;
}

struct cel_text regex_group_name(const struct regex *regex, size_t group)
{
	return regex->groups.name[group];
}

struct states {
	size_t *at;
	size_t len;
};

struct machine {
	const struct regex *regex;
	struct states now, next;
	size_t *seen; /* by instruction: the round in which it was added, from 1 */
	size_t *stack;
	size_t round;
	uint32_t before, after; /* the characters around the place, or NO_CHARACTER */
	bool found;
};

static bool is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

bool regex_holds(enum assertion assertion, uint32_t before, uint32_t after)
{
	bool edge = is_word(before) != is_word(after);

	switch (assertion) {
	case AT_TEXT_BEGIN:
		return before == NO_CHARACTER;
	case AT_TEXT_END:
		return after == NO_CHARACTER;
	case AT_LINE_BEGIN:
		return before == NO_CHARACTER || before == '\n';
	case AT_LINE_END:
		return after == NO_CHARACTER || after == '\n';
	case AT_WORD_EDGE:
		return edge;
	case AT_NO_WORD_EDGE:
		return !edge;
	}
	return false;
}

bool regex_is_in(const struct charset *set, uint32_t c)
{
	for (size_t i = 0; i < set->len; i++)
		if (c >= set->at[i].from && c <= set->at[i].to)
			return !set->negated;
	return set->negated;
}

static void push(struct machine *machine, size_t *depth, size_t at)
{
	if (machine->seen[at] == machine->round)
		return;
	machine->seen[at] = machine->round;
	machine->stack[(*depth)++] = at;
}

/* Adds a state and all that it reaches without a character. */
static void add(struct machine *machine, struct states *states, size_t from)
{
	size_t depth = 0;

	push(machine, &depth, from);
	while (depth) {
		size_t at = machine->stack[--depth];
		const struct instruction *code = &machine->regex->code[at];

		if (code->op == OP_FOUND)
			machine->found = true;
		else if (code->op == OP_SET)
			states->at[states->len++] = at;
		else if (code->op == OP_NOTE ||
			 (code->op == OP_ASSERT &&
			  regex_holds(code->assertion, machine->before, machine->after)))
			push(machine, &depth, at + 1);
		else if (code->op == OP_JUMP || code->op == OP_SPLIT)
			push(machine, &depth, code->here);
		if (code->op == OP_SPLIT)
			push(machine, &depth, code->there);
	}
}

static void advance(struct machine *machine, uint32_t c)
{
	struct states old = machine->now;

	machine->next.len = 0;
	for (size_t i = 0; i < old.len && !machine->found; i++)
		if (regex_is_in(machine->regex->code[old.at[i]].set, c))
			add(machine, &machine->next, old.at[i] + 1);
	machine->now = machine->next;
	machine->next = old;
}

uint32_t regex_character(const struct cel_text *text, size_t at, size_t *bytes)
{
	*bytes = 0;
	return at < text->len ? utf8_take(text->at + at, text->len - at, bytes) : NO_CHARACTER;
}

int regex_find(const struct regex *regex, const struct cel_text *text, struct cel_work *work,
	       bool *out, struct err *err)
{
	struct machine machine = { .regex = regex, .before = NO_CHARACTER, .round = 1 };
	size_t at = 0;
	size_t bytes;

	machine.now.at = arena_calloc(work->arena, regex->len, sizeof(size_t));
	machine.next.at = arena_calloc(work->arena, regex->len, sizeof(size_t));
	machine.seen = arena_calloc(work->arena, regex->len, sizeof(size_t));
	machine.stack = arena_calloc(work->arena, regex->len, sizeof(size_t));
	machine.after = regex_character(text, 0, &bytes);
	add(&machine, &machine.now, 0);
	while (!machine.found && at < text->len) {
		uint32_t c = machine.after;
		size_t skip = bytes;

		if (cel_charge(work, 1 + machine.now.len / STATES_PER_STEP, err) < 0)
			return -1;
		machine.round++;
		machine.before = c;
		machine.after = regex_character(text, at + skip, &bytes);
		advance(&machine, c);
		add(&machine, &machine.now, 0);
		at += skip;
	}
	*out = machine.found;
	return 0;
}
