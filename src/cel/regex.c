#include "cel/regex.h"

#include "base/own.h"
#include "cel/lex.h"
#include "cel/regex_parts.h"

#include <string.h>

#define CODE_MAX 10000
#define STATES_PER_STEP 16

enum op {
	OP_SET,
	OP_ASSERT,
	OP_SPLIT, /* go on here and there */
	OP_JUMP,
	OP_FOUND,
};

struct instruction {
	enum op op;
	enum assertion assertion;
	const struct charset *set;
	size_t here, there;
};

struct regex {
	struct instruction *code;
	size_t len, cap;
	size_t parts; /* emitted so far, to bound the work */
	struct arena *arena;
};

static size_t emit(struct regex *regex, enum op op)
{
	regex->code = arena_grow(regex->arena, regex->code, regex->len, &regex->cap,
				 sizeof(*regex->code));
	regex->code[regex->len] = (struct instruction){ .op = op };
	return regex->len++;
}

static int emit_part(struct regex *regex, const struct part *part, struct err *err);

/* a? */
static int emit_maybe(struct regex *regex, const struct part *part, struct err *err)
{
	size_t split = emit(regex, OP_SPLIT);

	regex->code[split].here = regex->len;
	if (emit_part(regex, part, err) < 0)
		return -1;
	regex->code[split].there = regex->len;
	return 0;
}

static int emit_star(struct regex *regex, const struct part *part, struct err *err)
{
	size_t split = emit(regex, OP_SPLIT);

	regex->code[split].here = regex->len;
	if (emit_part(regex, part, err) < 0)
		return -1;
	size_t jump = emit(regex, OP_JUMP);

	regex->code[jump].here = split;
	regex->code[split].there = regex->len;
	return 0;
}

static int emit_repeat(struct regex *regex, const struct part *part, struct err *err)
{
	for (uint32_t i = 0; i < part->least; i++)
		if (emit_part(regex, part->a, err) < 0)
			return -1;
	if (part->most == REPEAT_FOREVER)
		return emit_star(regex, part->a, err);
	for (uint32_t i = part->least; i < part->most; i++)
		if (emit_maybe(regex, part->a, err) < 0)
			return -1;
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
	}
	return 0;
}

int regex_compile(struct arena *arena, const struct cel_text *pattern, const struct regex **out,
		  struct err *err)
{
	struct regex *regex = arena_alloc(arena, sizeof(*regex));
	const struct part *part;

	regex->arena = arena;
	if (regex_read(arena, pattern, &part, err) < 0 || emit_part(regex, part, err) < 0)
		return -1;
	emit(regex, OP_FOUND);
	*out = regex;
	return 0;
}

size_t regex_size(const struct regex *regex)
{
	return regex->len;
}

#define NO_CHARACTER UINT32_MAX

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

static bool holds(const struct machine *machine, enum assertion assertion)
{
	bool edge = is_word(machine->before) != is_word(machine->after);

	switch (assertion) {
	case AT_TEXT_BEGIN:
		return machine->before == NO_CHARACTER;
	case AT_TEXT_END:
		return machine->after == NO_CHARACTER;
	case AT_LINE_BEGIN:
		return machine->before == NO_CHARACTER || machine->before == '\n';
	case AT_LINE_END:
		return machine->after == NO_CHARACTER || machine->after == '\n';
	case AT_WORD_EDGE:
		return edge;
	case AT_NO_WORD_EDGE:
		return !edge;
	}
	return false;
}

static bool is_in(const struct charset *set, uint32_t c)
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
		else if (code->op == OP_ASSERT && holds(machine, code->assertion))
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
		if (is_in(machine->regex->code[old.at[i]].set, c))
			add(machine, &machine->next, old.at[i] + 1);
	machine->now = machine->next;
	machine->next = old;
}

static uint32_t character_at(const struct cel_text *text, size_t at, size_t *bytes)
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
	machine.after = character_at(text, 0, &bytes);
	add(&machine, &machine.now, 0);
	while (!machine.found && at < text->len) {
		uint32_t c = machine.after;
		size_t skip = bytes;

		if (cel_charge(work, 1 + machine.now.len / STATES_PER_STEP, err) < 0)
			return -1;
		machine.round++;
		machine.before = c;
		machine.after = character_at(text, at + skip, &bytes);
		advance(&machine, c);
		add(&machine, &machine.now, 0);
		at += skip;
	}
	*out = machine.found;
	return 0;
}
