#include "ops/label_selector.h"

#include "base/own.h"
#include "base/text.h"
#include "tree/path.h"

#include <string.h>

static bool is_one_of(const struct texts *texts, const char *text)
{
	for (size_t i = 0; text && i < texts->len; i++)
		if (strcmp(texts->at[i], text) == 0)
			return true;
	return false;
}

static bool holds_in(const struct texts *values, const char *label)
{
	return is_one_of(values, label);
}

static bool holds_not_in(const struct texts *values, const char *label)
{
	return !is_one_of(values, label);
}

static bool holds_exists(const struct texts *values, const char *label)
{
	(void)values;
	return label != NULL;
}

static bool holds_absent(const struct texts *values, const char *label)
{
	(void)values;
	return label == NULL;
}

static const struct operation {
	const char *name;
	bool (*holds)(const struct texts *values, const char *label);
	bool values; /* it needs some; else it has none */
} operations[] = {
	{ "In", holds_in, true },
	{ "NotIn", holds_not_in, true },
	{ "Exists", holds_exists, false },
	{ "DoesNotExist", holds_absent, false },
};

static const struct operation *operation_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (text_equal(operations[i].name, name))
			return &operations[i];
	return NULL;
}

static void check_rule(const struct label_rule *rule, const struct value *value, const char *path,
		       struct findings *findings)
{
	const struct operation *operation = operation_of(rule->operation);

	if (!operation || operation->values == (rule->values.len > 0))
		return;
	finding_add(findings, FINDING_ERROR, "bad-selector", value_src(value), path,
		    operation->values ? "%s needs values" : "%s takes no values", rule->operation);
}

int label_selector_read(const struct value *value, const char *path, struct label_selector *out,
			struct findings *findings)
{
	struct label_selector selector = { .labels = NULL };
	const struct value *rules = value_get(value, "matchExpressions");
	size_t errors = findings->errors;

	value_decode(value, label_selector_fields, path, &selector, findings);
	for (size_t i = 0; i < value_len(selector.labels); i++)
		if (!value_text(value_at(selector.labels, i)))
			finding_add(findings, FINDING_ERROR, "wrong-type",
				    value_src(value_at(selector.labels, i)), path,
				    "the value of the label %s must be a string",
				    value_key_at(selector.labels, i));
	for (size_t i = 0; i < selector.rules.len; i++)
		check_rule((const struct label_rule *)selector.rules.at + i, value_at(rules, i),
			   path_index(findings->arena,
				      path_key(findings->arena, path, "matchExpressions"), i),
			   findings);
	if (findings->errors > errors)
		return -1;
	*out = selector;
	return 0;
}

bool label_selector_matches(const struct label_selector *selector, const struct value *labels)
{
	const struct label_rule *rule = selector->rules.at;

	for (size_t i = 0; i < value_len(selector->labels); i++)
		if (!text_equal(value_get_text(labels, value_key_at(selector->labels, i)),
				value_text(value_at(selector->labels, i))))
			return false;
	for (size_t i = 0; i < selector->rules.len; i++) {
		const struct operation *operation = operation_of(rule[i].operation);

		if (!operation ||
		    !operation->holds(&rule[i].values, value_get_text(labels, rule[i].key)))
			return false;
	}
	return true;
}

static void rule_text(const struct label_rule *rule, struct str *out)
{
	bool absent = text_equal(rule->operation, "DoesNotExist");

	str_addf(out, "%s%s", absent ? "!" : "", rule->key);
	if (rule->values.len == 0)
		return;
	str_add(out, text_equal(rule->operation, "NotIn") ? " notin (" : " in (");
	for (size_t i = 0; i < rule->values.len; i++)
		str_addf(out, "%s%s", i ? "," : "", rule->values.at[i]);
	str_addc(out, ')');
}

void label_selector_text(const struct label_selector *selector, struct str *out)
{
	const struct label_rule *rule = selector->rules.at;

	for (size_t i = 0; i < value_len(selector->labels); i++)
		str_addf(out, "%s%s=%s", out->len ? "," : "", value_key_at(selector->labels, i),
			 value_text(value_at(selector->labels, i)));
	for (size_t i = 0; i < selector->rules.len; i++) {
		str_add(out, out->len ? "," : "");
		rule_text(&rule[i], out);
	}
}
