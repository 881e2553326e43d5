#include "sim/kube_select.h"

#include "base/text.h"
#include "sim/kube_value.h"

#include <ctype.h>
#include <string.h>

/* ---- terms ----------------------------------------------------------------------------------- */

static struct selector_term *add_term(struct arena *arena, struct kube_selector *selector,
				      const char *key, enum selector_op op)
{
	struct selector_term *term;

	selector->term = arena_grow(arena, selector->term, selector->terms, &selector->cap,
				    sizeof(*selector->term));
	term = &selector->term[selector->terms++];
	*term = (struct selector_term){ .key = key, .op = op };
	return term;
}

static void add_value(struct arena *arena, struct selector_term *term, const char *value)
{
	const char **more = arena_calloc(arena, term->values + 1, sizeof(*more));

	if (term->values)
		memcpy(more, term->value, term->values * sizeof(*more));
	more[term->values++] = value;
	term->value = more;
}

static bool is_one_of(const struct selector_term *term, const char *text)
{
	for (size_t i = 0; i < term->values; i++) {
		if (!strcmp(term->value[i], text))
			return true;
	}
	return false;
}

static bool in_order(const struct selector_term *term, const char *text)
{
	int64_t have, limit;

	if (!term->values || !text || !text_i64(text, &have) || !text_i64(term->value[0], &limit))
		return false;
	return term->op == SELECT_ABOVE ? have > limit : have < limit;
}

static bool term_holds(const struct selector_term *term, const char *text)
{
	switch (term->op) {
	case SELECT_IN:
		return text && is_one_of(term, text);
	case SELECT_NOT_IN:
		return !text || !is_one_of(term, text);
	case SELECT_EXISTS:
		return text != NULL;
	case SELECT_NOT_EXISTS:
		return text == NULL;
	default:
		return in_order(term, text);
	}
}

bool selector_matches(const struct kube_selector *selector, const struct value *labels)
{
	for (size_t i = 0; i < selector->terms; i++) {
		if (!term_holds(&selector->term[i], value_get_text(labels, selector->term[i].key)))
			return false;
	}
	return !selector->nothing;
}

/* ---- from objects ---------------------------------------------------------------------------- */

void selector_add(struct arena *arena, struct kube_selector *selector, const struct value *term)
{
	static const struct {
		const char *name;
		enum selector_op op;
	} ops[] = {
		{ "In", SELECT_IN },
		{ "NotIn", SELECT_NOT_IN },
		{ "Exists", SELECT_EXISTS },
		{ "DoesNotExist", SELECT_NOT_EXISTS },
		{ "Gt", SELECT_ABOVE },
		{ "Lt", SELECT_BELOW },
	};
	const struct value *values = value_get(term, "values");

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		if (!kube_is(term, "operator", ops[i].name))
			continue;

		struct selector_term *mine =
			add_term(arena, selector, kube_text(term, "key"), ops[i].op);

		for (size_t k = 0; k < value_len(values); k++)
			add_value(arena, mine, kube_text(value_at(values, k), NULL));
	}
}

struct kube_selector selector_of_map(struct arena *arena, const struct value *labels)
{
	struct kube_selector selector = { 0 };

	for (size_t i = 0; i < value_len(labels); i++) {
		struct selector_term *term =
			add_term(arena, &selector, value_key_at(labels, i), SELECT_IN);

		add_value(arena, term, kube_text(value_at(labels, i), NULL));
	}
	return selector;
}

struct kube_selector selector_of(struct arena *arena, const struct value *value)
{
	struct kube_selector selector = selector_of_map(arena, value_get(value, "matchLabels"));
	const struct value *expressions = value_get(value, "matchExpressions");

	selector.nothing = !value_is_map(value);
	for (size_t i = 0; i < value_len(expressions); i++)
		selector_add(arena, &selector, value_at(expressions, i));
	return selector;
}

/* ---- from queries ---------------------------------------------------------------------------- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("-_./", c) != NULL;
}

static void skip_blanks(const char **at)
{
	while (**at == ' ')
		(*at)++;
}

static const char *word(struct arena *arena, const char **at)
{
	const char *begin;

	skip_blanks(at);
	begin = *at;
	while (**at && is_word(**at))
		(*at)++;

	const char *text = arena_strn(arena, begin, (size_t)(*at - begin));

	skip_blanks(at);
	return text;
}

static bool parse_set(struct arena *arena, const char **at, struct selector_term *term)
{
	skip_blanks(at);
	if (*(*at)++ != '(')
		return false;
	do {
		add_value(arena, term, word(arena, at));
		skip_blanks(at);
	} while (*(*at)++ == ',');
	if ((*at)[-1] != ')')
		return false;
	skip_blanks(at);
	return true;
}

static bool parse_term(struct arena *arena, const char **at, struct kube_selector *out)
{
	bool negated = **at == '!';

	*at += negated;

	const char *key = word(arena, at);

	if (!*key)
		return false;
	if (negated || !**at || **at == ',') {
		add_term(arena, out, key, negated ? SELECT_NOT_EXISTS : SELECT_EXISTS);
		return true;
	}
	if (text_starts(*at, "in ") || text_starts(*at, "in(")) {
		*at += 2;
		return parse_set(arena, at, add_term(arena, out, key, SELECT_IN));
	}
	if (text_starts(*at, "notin ") || text_starts(*at, "notin(")) {
		*at += 5;
		return parse_set(arena, at, add_term(arena, out, key, SELECT_NOT_IN));
	}
	if (!text_starts(*at, "!=") && **at != '=')
		return false;

	struct selector_term *term =
		add_term(arena, out, key, **at == '!' ? SELECT_NOT_IN : SELECT_IN);

	*at += **at == '!' || (*at)[1] == '=' ? 2 : 1;
	add_value(arena, term, word(arena, at));
	return true;
}

int selector_parse(struct arena *arena, const char *text, struct kube_selector *out,
		   struct err *err)
{
	const char *at = text ? text : "";

	*out = (struct kube_selector){ 0 };
	for (skip_blanks(&at); *at;) {
		if (!parse_term(arena, &at, out) || (*at && *at != ','))
			return err_set(err, ERR_INPUT,
				       "unable to parse requirement: \"%.100s\" is no selector",
				       text);
		at += *at == ',';
		skip_blanks(&at);
	}
	return 0;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static const struct {
	const char *plural; /* NULL: every one */
	const char *field;
} known_fields[] = {
	{ NULL, "metadata.name" },
	{ NULL, "metadata.namespace" },
	{ "pods", "spec.nodeName" },
	{ "pods", "spec.restartPolicy" },
	{ "pods", "spec.schedulerName" },
	{ "pods", "spec.serviceAccountName" },
	{ "pods", "spec.hostNetwork" },
	{ "pods", "status.phase" },
	{ "pods", "status.podIP" },
	{ "pods", "status.nominatedNodeName" },
	{ "nodes", "spec.unschedulable" },
	{ "secrets", "type" },
	{ "jobs", "status.successful" },
	{ "namespaces", "status.phase" },
	{ "replicasets", "status.replicas" },
	{ "events", "involvedObject.kind" },
	{ "events", "involvedObject.name" },
	{ "events", "involvedObject.namespace" },
	{ "events", "involvedObject.uid" },
	{ "events", "reason" },
	{ "events", "type" },
};

static bool has_field(const struct kube_type *type, const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(known_fields); i++) {
		if ((!known_fields[i].plural || !strcmp(known_fields[i].plural, type->plural)) &&
		    !strcmp(known_fields[i].field, field))
			return true;
	}
	return false;
}

int fields_parse(struct arena *arena, const struct kube_type *type, const char *text,
		 struct kube_selector *out, struct err *err)
{
	char *rest = arena_str(arena, text ? text : "");

	*out = (struct kube_selector){ 0 };
	while (rest && *rest) {
		char *part = strsep(&rest, ",");
		char *value = strchr(part, '=');
		bool not = value && value > part && value[-1] == '!';

		if (!value)
			return err_set(err, ERR_INPUT,
				       "invalid selector: '%.80s'; can't understand '%.80s'", text,
				       part);
		value[not ? -1 : 0] = '\0';
		value += value[1] == '=' ? 2 : 1;
		if (!has_field(type, part))
			return err_set(err, ERR_INPUT, "field label not supported: %.80s", part);
		add_value(arena, add_term(arena, out, part, not ? SELECT_NOT_IN : SELECT_IN),
			  value);
	}
	return 0;
}

/* A field that is not there counts as empty, and as false where it is a flag. */
bool fields_match(const struct kube_selector *selector, const struct value *object)
{
	for (size_t i = 0; i < selector->terms; i++) {
		const struct selector_term *term = &selector->term[i];
		const char *text = kube_text(object, term->key);

		if (!*text && (!strcmp(term->key, "spec.unschedulable") ||
			       !strcmp(term->key, "spec.hostNetwork")))
			text = "false";
		if (!term_holds(term, text))
			return false;
	}
	return true;
}
