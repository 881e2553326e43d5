#include "base/own.h"
#include "cel/functions.h"
#include "cel/regex.h"

#include <string.h>

int add_texts(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	      struct err *err)
{
	const struct cel_text *a = &arg[0].text;
	const struct cel_text *b = &arg[1].text;
	char *at = arena_alloc(work->arena, a->len + b->len + 1);

	(void)err;
	memcpy(at, a->at, a->len);
	memcpy(at + a->len, b->at, b->len);
	*out = (struct cel_value){ .kind = arg[0].kind, .text = { at, a->len + b->len } };
	return 0;
}

int add_lists(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
	      struct err *err)
{
	const struct cel_list *a = &arg[0].list;
	const struct cel_list *b = &arg[1].list;
	struct cel_value *at;

	if (cel_charge(work, a->len + b->len, err) < 0)
		return -1;
	at = arena_calloc(work->arena, a->len + b->len + 1, sizeof(*at));
	for (size_t i = 0; i < a->len; i++)
		at[i] = a->at[i];
	for (size_t i = 0; i < b->len; i++)
		at[a->len + i] = b->at[i];
	*out = (struct cel_value){ .kind = CEL_LIST, .list = { at, a->len + b->len } };
	return 0;
}

int text_contains(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	const struct cel_text *in = &arg[0].text;
	const struct cel_text *what = &arg[1].text;

	(void)work;
	(void)err;
	*out = cel_of_bool(memmem(in->at, in->len, what->at, what->len) != NULL);
	return 0;
}

int text_begins(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		struct err *err)
{
	const struct cel_text *in = &arg[0].text;
	const struct cel_text *what = &arg[1].text;

	(void)work;
	(void)err;
	*out = cel_of_bool(in->len >= what->len && memcmp(in->at, what->at, what->len) == 0);
	return 0;
}

int text_finishes(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	const struct cel_text *in = &arg[0].text;
	const struct cel_text *what = &arg[1].text;

	(void)work;
	(void)err;
	*out = cel_of_bool(in->len >= what->len &&
			   memcmp(in->at + in->len - what->len, what->at, what->len) == 0);
	return 0;
}

int text_matches(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	const struct regex *regex;
	bool found;

	if (regex_compile(work->arena, &arg[1].text, &regex, err) < 0 ||
	    cel_charge(work, regex_size(regex), err) < 0 ||
	    regex_find(regex, &arg[0].text, work, &found, err) < 0)
		return -1;
	*out = cel_of_bool(found);
	return 0;
}

int size_of_string(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		   struct err *err)
{
	int64_t points = 0;

	(void)work;
	(void)err;
	for (size_t i = 0; i < arg[0].text.len; i++)
		points += ((unsigned char)arg[0].text.at[i] & 0xc0) != 0x80;
	*out = cel_of_int(points);
	return 0;
}

int size_of_bytes(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		  struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int((int64_t)arg[0].text.len);
	return 0;
}

int size_of_list(struct cel_work *work, const struct cel_value *arg, struct cel_value *out,
		 struct err *err)
{
	(void)work;
	(void)err;
	*out = cel_of_int((int64_t)arg[0].list.len);
	return 0;
}
