#include "seal/sops_rule.h"

#include "base/text.h"

#include <string.h>

const char *const sops_choice_names[SOPS_CHOICE_COUNT] = {
	[SOPS_UNENCRYPTED_SUFFIX] = "unencrypted_suffix",
	[SOPS_ENCRYPTED_SUFFIX] = "encrypted_suffix",
	[SOPS_UNENCRYPTED_REGEX] = "unencrypted_regex",
	[SOPS_ENCRYPTED_REGEX] = "encrypted_regex",
	[SOPS_UNENCRYPTED_COMMENT_REGEX] = "unencrypted_comment_regex",
	[SOPS_ENCRYPTED_COMMENT_REGEX] = "encrypted_comment_regex",
};

static int fail_at(const struct value *map, const char *key, struct err *err)
{
	struct src src = value_key_src(map, key);

	return err_at(err, src.file, src.line, src.column);
}

static int compile(struct arena *arena, const struct value *map, struct sops_rule *rule,
		   struct err *err)
{
	const char *name = sops_choice_names[rule->choice];
	const struct cel_text pattern = { rule->text, strlen(rule->text) };

	if (rule->choice < SOPS_UNENCRYPTED_REGEX)
		return 0;
	if (regex_compile(arena, &pattern, &rule->regex, err) == 0)
		return 0;
	err_wrap(err, "%s", name);
	return fail_at(map, name, err);
}

int sops_rule_read(struct arena *arena, const struct value *map, struct sops_rule *out,
		   struct err *err)
{
	struct sops_rule rule = { .choice = SOPS_UNENCRYPTED_SUFFIX, .text = "_unencrypted" };
	const char *chosen = NULL;

	for (unsigned i = 0; i < SOPS_CHOICE_COUNT; i++) {
		const char *text = value_get_text(map, sops_choice_names[i]);

		if (!text || !*text)
			continue;
		if (chosen) {
			err_set(err, ERR_INPUT, "%s and %s exclude each other", chosen,
				sops_choice_names[i]);
			return fail_at(map, sops_choice_names[i], err);
		}
		chosen = sops_choice_names[i];
		rule.choice = (enum sops_choice)i;
		rule.text = text;
	}
	rule.mac_only_encrypted = text_equal(value_get_text(map, "mac_only_encrypted"), "true");
	if (compile(arena, map, &rule, err) < 0)
		return -1;
	*out = rule;
	return 0;
}

static int matches(const struct sops_rule *rule, const char *text, bool *out, struct err *err)
{
	struct arena *arena OWNED(arena_free) = arena_new("match");
	struct cel_work work = { arena, CEL_STEPS_MAX };
	const struct cel_text subject = { text, strlen(text) };

	if (rule->regex)
		return regex_find(rule->regex, &subject, &work, out, err);
	*out = text_ends(text, rule->text);
	return 0;
}

static int key_matches(const struct sops_rule *rule, const struct sops_above *above, bool *out,
		       struct err *err)
{
	for (*out = false; above && !*out; above = above->outer)
		if (above->key && matches(rule, above->key, out, err) < 0)
			return -1;
	return 0;
}

/* `skip_last`: the comment that is asked about does not decide about itself. */
static int comment_matches(const struct sops_rule *rule, const struct sops_above *above,
			   bool skip_last, bool *out, struct err *err)
{
	for (*out = false; above && !*out; above = above->outer) {
		size_t count = above->comments;

		if (skip_last && count > 0)
			count--;
		skip_last = false;
		for (size_t i = 0; i < count && !*out; i++)
			if (matches(rule, above->comment[i], out, err) < 0)
				return -1;
	}
	return 0;
}

int sops_rule_encrypts(const struct sops_rule *rule, const struct sops_above *above,
		       bool is_comment, bool *out, struct err *err)
{
	bool found = false, wants = rule->choice == SOPS_ENCRYPTED_SUFFIX ||
				    rule->choice == SOPS_ENCRYPTED_REGEX ||
				    rule->choice == SOPS_ENCRYPTED_COMMENT_REGEX;
	int r;

	if (rule->choice >= SOPS_UNENCRYPTED_COMMENT_REGEX)
		r = comment_matches(rule, above, wants && is_comment, &found, err);
	else
		r = key_matches(rule, above, &found, err);
	*out = found == wants;
	return r;
}
