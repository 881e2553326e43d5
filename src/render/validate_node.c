/* Labels, annotations and taints, as Kubernetes wants them. */
#include "base/own.h"
#include "base/text.h"
#include "render/validate_main.h"

#include <ctype.h>
#include <string.h>

#define DOMAIN_MAX 253
#define NAME_MAX_LEN 63
#define ANNOTATIONS_MAX ((size_t)256 << 10)

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters, digits and inner dashes. */
static bool is_domain_label(const char *text, size_t len)
{
	if (!len || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower_alnum(text[i]) && text[i] != '-')
			return false;
	return true;
}

/* A DNS-1123 subdomain. */
static bool is_domain(const char *text, size_t len)
{
	const char *end = text + len;

	if (len > DOMAIN_MAX)
		return false;
	for (;;) {
		const char *dot = memchr(text, '.', (size_t)(end - text));

		if (!is_domain_label(text, (size_t)((dot ? dot : end) - text)))
			return false;
		if (!dot)
			return true;
		text = dot + 1;
	}
}

/* Letters and digits at both ends, -_. between them. */
static bool is_name(const char *text)
{
	size_t len = strlen(text);

	if (len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool edge = i == 0 || i + 1 == len;

		if (!isalnum((unsigned char)text[i]) &&
		    (edge || (text[i] != '-' && text[i] != '_' && text[i] != '.')))
			return false;
	}
	return true;
}

bool form_is_domain(const char *text)
{
	return is_domain(text, strlen(text));
}

bool form_is_qualified(const char *text)
{
	const char *slash = strchr(text, '/');
	const char *name = slash ? slash + 1 : text;

	return *name && is_name(name) && !strchr(name, '/') &&
	       (!slash || is_domain(text, (size_t)(slash - text)));
}

static bool check_key(struct validation *v, const struct spot *entry, const char *key)
{
	const char *slash = strchr(key, '/');
	const char *name = slash ? slash + 1 : key;

	if (slash && strchr(name, '/'))
		complain(v, entry, NULL, "node-key", "\"%s\" has more than one slash", key);
	else if (slash && !is_domain(key, (size_t)(slash - key)))
		complain(v, entry, NULL, "node-key", "what is before the slash of \"%s\" is no "
						     "domain in lower case",
			 key);
	else if (!*name || !is_name(name))
		complain(v, entry, NULL, "node-key",
			 "\"%s\" is no name: up to %d letters, digits and -_. between them", name,
			 NAME_MAX_LEN);
	else
		return true;
	return false;
}

static bool check_value(struct validation *v, const struct spot *entry, const char *value)
{
	if (is_name(value))
		return true;
	complain(v, entry, NULL, "node-value",
		 "\"%s\" is no value: up to %d letters, digits and -_. between them", value,
		 NAME_MAX_LEN);
	return false;
}

void validate_labels(struct validation *v, const struct spot *labels)
{
	for (size_t i = 0; i < value_len(labels->value); i++) {
		struct spot entry = spot_item(labels, i);

		check_key(v, &entry, value_key_at(labels->value, i));
		check_value(v, &entry, spot_text(&entry, NULL));
	}
}

void validate_annotations(struct validation *v, const struct spot *annotations)
{
	static const char *const reserved[] = {
		"talos.dev/owned-annotations",
		"talos.dev/owned-labels",
		"talos.dev/owned-taints",
	};
	size_t size = 0;

	for (size_t i = 0; i < value_len(annotations->value); i++) {
		struct spot entry = spot_item(annotations, i);
		const char *key = value_key_at(annotations->value, i);

		check_key(v, &entry, key);
		for (size_t k = 0; k < ARRAY_LEN(reserved); k++)
			if (text_equal(reserved[k], key))
				complain(v, &entry, NULL, "annotation-reserved",
					 "Talos sets the annotation %s itself", key);
		size += strlen(key) + value_text_len(entry.value);
	}
	if (size > ANNOTATIONS_MAX)
		complain(v, annotations, NULL, "annotations-size",
			 "all annotations together have %zu bytes, not at most %zu", size,
			 ANNOTATIONS_MAX);
}

void validate_taints(struct validation *v, const struct spot *taints)
{
	static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute" };

	for (size_t i = 0; i < value_len(taints->value); i++) {
		struct spot entry = spot_item(taints, i);
		const char *text = spot_text(&entry, NULL);
		const char *colon = strchr(text, ':');
		const char *effect = colon ? colon + 1 : text;
		bool known = false;

		if (!check_key(v, &entry, value_key_at(taints->value, i)))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(effects); k++)
			known = known || text_equal(effects[k], effect);
		if (!known) {
			complain(v, &entry, NULL, "taint-effect",
				 "a taint has no effect \"%s\"", effect);
			advise(v, "NoSchedule, PreferNoSchedule or NoExecute, with value: before "
				  "it if there is one");
		} else if (colon) {
			check_value(v, &entry, arena_strn(v->arena, text, (size_t)(colon - text)));
		}
	}
}
