#include "cluster/pins.h"

#include "base/text.h"
#include "cluster/field_checks.h"
#include "cluster/version.h"
#include "tree/yaml.h"

#include <ctype.h>
#include <string.h>

struct pin_file {
	struct draft *draft;
	const char *name;
	const char *text;
};

/* One line of a file, without its end. */
struct line {
	const char *at;
	size_t len;
	unsigned number; /* from 1 */
};

static bool next_line(const char *text, struct line *line)
{
	const char *from = line->at ? line->at + line->len : text;

	if (line->at && *from == '\n')
		from++;
	if (!*from)
		return false;
	line->at = from;
	line->len = strcspn(from, "\n");
	line->number++;
	return true;
}

static bool is_comment(const struct line *line)
{
	size_t blank = strspn(line->at, " \t");

	return blank < line->len && line->at[blank] == '#';
}

/* The word behind `name=` in a comment, up to white space. */
static const char *attribute(struct arena *arena, const struct line *line, const char *name)
{
	const char *text = arena_strn(arena, line->at, line->len);
	size_t len = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if (at > text && (at[-1] == ' ' || at[-1] == '\t') && at[len] == '=')
			return arena_strn(arena, at + len + 1, strcspn(at + len + 1, " \t\r"));
	return NULL;
}

static void read_annotation(struct arena *arena, const struct line *line, struct version_pin *pin)
{
	if (!strstr(arena_strn(arena, line->at, line->len), "renovate:"))
		return;
	pin->datasource = attribute(arena, line, "datasource");
	pin->dep = attribute(arena, line, "packageName");
	if (!pin->dep)
		pin->dep = attribute(arena, line, "depName");
}

/* What the comment lines that end just above a line say. */
static void annotation_above(const struct pin_file *file, unsigned number, struct version_pin *pin)
{
	struct line line = { 0 };

	while (next_line(file->text, &line) && line.number < number) {
		if (is_comment(&line))
			read_annotation(file->draft->arena, &line, pin);
		else
			pin->datasource = pin->dep = NULL;
	}
}

static const struct {
	const char *dep;
	enum version_subject subject;
} deps[] = {
	{ "siderolabs/talos", VERSION_TALOS },
	{ "ghcr.io/siderolabs/talos", VERSION_TALOS },
	{ "ghcr.io/siderolabs/installer", VERSION_TALOS },
	{ "talos", VERSION_TALOS },
	{ "ghcr.io/siderolabs/kubelet", VERSION_KUBERNETES },
	{ "siderolabs/kubelet", VERSION_KUBERNETES },
	{ "kubernetes/kubernetes", VERSION_KUBERNETES },
	{ "kubernetes", VERSION_KUBERNETES },
	{ "registry.k8s.io/kube-apiserver", VERSION_KUBERNETES },
};

/* Letters and digits only, lower case. */
static const struct {
	const char *key;
	enum version_subject subject;
} keys[] = {
	{ "talosversion", VERSION_TALOS },
	{ "talos", VERSION_TALOS },
	{ "kubernetesversion", VERSION_KUBERNETES },
	{ "kubernetes", VERSION_KUBERNETES },
	{ "k8sversion", VERSION_KUBERNETES },
	{ "kubeversion", VERSION_KUBERNETES },
};

static bool subject_of(struct version_pin *pin)
{
	char plain[40] = "";
	size_t len = 0;

	for (size_t i = 0; pin->dep && i < ARRAY_LEN(deps); i++) {
		if (strcmp(pin->dep, deps[i].dep) == 0) {
			pin->subject = deps[i].subject;
			return true;
		}
	}
	for (const char *at = pin->key; *at && len + 1 < sizeof(plain); at++)
		if (isalnum((unsigned char)*at))
			plain[len++] = (char)tolower((unsigned char)*at);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(plain, keys[i].key) == 0) {
			pin->subject = keys[i].subject;
			return true;
		}
	}
	return false;
}

static void add_pin(struct draft *draft, const struct version_pin *pin)
{
	struct version_pin *added;

	draft->pin = arena_grow(draft->arena, draft->pin, draft->cluster->pins, &draft->pin_cap,
				sizeof(*draft->pin));
	added = &draft->pin[draft->cluster->pins++];
	*added = *pin;
	if (pin->value[0] != 'v')
		added->value = arena_printf(draft->arena, "v%s", pin->value);
	draft->cluster->pin = draft->pin;
}

/* A version in a file without a table of its own; false after a finding. */
static bool check_pin(struct draft *draft, const struct version_pin *pin)
{
	size_t errors = draft->findings->errors;
	struct scalar_form form = { .type = SCALAR_STR, .src = pin->src };
	const struct value *value =
		value_scalar_form(draft->arena, pin->value, strlen(pin->value), &form);

	if (pin->subject == VERSION_TALOS)
		check_talos_version(NULL, value, pin->key, draft->findings);
	else
		check_kube_version(NULL, value, pin->key, draft->findings);
	return draft->findings->errors == errors;
}

/* The text of a value without quotes and without a comment behind it. */
static const char *plain_value(struct arena *arena, const char *text)
{
	size_t len;

	text += strspn(text, " \t");
	if (*text == '"' || *text == '\'')
		return arena_strn(arena, text + 1, strcspn(text + 1, *text == '"' ? "\"" : "'"));
	len = strcspn(text, " \t\r");
	return arena_strn(arena, text, len);
}

/* "key: value" or "key=value", maybe exported; false when it is neither. */
static bool parse_line(const struct pin_file *file, const struct line *line,
		       struct version_pin *pin)
{
	struct arena *arena = file->draft->arena;
	const char *text = arena_strn(arena, line->at, line->len);
	const char *start = text_starts(text, "export ") ? text + strlen("export ") : text;
	size_t len = strcspn(start, ":= \t");
	const char *sign = start + len + strspn(start + len, " \t");

	if (len == 0 || (*sign != ':' && *sign != '='))
		return false;
	pin->key = arena_strn(arena, start, len);
	pin->value = plain_value(arena, sign + 1);
	pin->src = (struct src){ file->name, line->number, (unsigned)(start - text) + 1 };
	return true;
}

static void read_lines(const struct pin_file *file)
{
	struct line line = { 0 };
	struct version_pin pin = { .dep = NULL };

	while (next_line(file->text, &line)) {
		if (is_comment(&line)) {
			read_annotation(file->draft->arena, &line, &pin);
			continue;
		}
		if (parse_line(file, &line, &pin) && subject_of(&pin) &&
		    check_pin(file->draft, &pin))
			add_pin(file->draft, &pin);
		pin = (struct version_pin){ .dep = NULL };
	}
}

/* A file of YAML must be a map of YAML before its lines are looked at. */
static bool is_map_file(struct draft *draft, const struct file_text *file)
{
	const struct yaml_input input = { .file = file->name,
					  .text = file->text,
					  .len = file->len };
	struct yaml_documents documents;
	struct err err = ERR_INIT;

	if (yaml_read(draft->arena, &input, &documents, &err) < 0) {
		finding_add_err(draft->findings, "bad-yaml", &err);
		return false;
	}
	if (documents.len == 0 || value_is_null(documents.at[0]))
		return false;
	if (value_is_map(documents.at[0]))
		return true;
	finding_add(draft->findings, FINDING_ERROR, "wrong-type", value_src(documents.at[0]), "",
		    "%s must be a map of versions", file->name);
	finding_hint(draft->findings, "write key: value, not key=value");
	return false;
}

static void read_pin_file(struct draft *draft, const char *name)
{
	struct file_text file;
	struct err err = ERR_INIT;
	int r = files_read(draft->files, name, &file, &err);

	if (r < 0)
		finding_add_err(draft->findings, "unreadable", &err);
	if (r != 0 || (text_ends(name, ".yaml") && !is_map_file(draft, &file)))
		return;
	read_lines(&(struct pin_file){ draft, file.name, file.text });
}

static void pin_of_cluster(const struct pin_file *file, const char *key, const char *value)
{
	struct version_pin pin = { .key = key, .value = value };
	const struct value *node = value_get(file->draft->cluster_raw, key);

	pin.src = value_src(node);
	if (!value || !subject_of(&pin))
		return;

	enum version_subject subject = pin.subject;
	struct version version;

	annotation_above(file, value_key_src(file->draft->cluster_raw, key).line, &pin);
	pin.subject = subject; /* its own key says what it is */
	if (version_parse(value, &version) && version.has_patch)
		add_pin(file->draft, &pin);
}

static void check_difference(struct draft *draft, const struct version_pin *first,
			     const struct version_pin *pin)
{
	if (strcmp(first->value, pin->value) == 0)
		return;
	finding_add(draft->findings, FINDING_WARNING, "versions-differ", pin->src, pin->key,
		    "%s is %s here, but %s is %s in %s:%u, which wins", pin->key, pin->value,
		    first->key, first->value, first->src.file, first->src.line);
	finding_hint(draft->findings, "keep one of them");
}

static void resolve(struct draft *draft)
{
	const struct version_pin *first[VERSION_SUBJECT_COUNT] = { NULL };
	struct cluster *cluster = draft->cluster;

	for (size_t i = 0; i < cluster->pins; i++) {
		const struct version_pin *pin = &cluster->pin[i];

		if (!first[pin->subject])
			first[pin->subject] = pin;
		else
			check_difference(draft, first[pin->subject], pin);
	}
	if (first[VERSION_TALOS])
		cluster->talos = first[VERSION_TALOS]->value;
	if (first[VERSION_KUBERNETES])
		cluster->kubernetes = first[VERSION_KUBERNETES]->value;
}

void pins_read(struct draft *draft)
{
	struct file_text file;

	if (draft->cluster_raw && files_read(draft->files, "cluster.yaml", &file, NULL) == 0) {
		struct pin_file own = { draft, file.name, file.text };

		pin_of_cluster(&own, "talos_version", draft->in.talos_version);
		pin_of_cluster(&own, "kubernetes_version", draft->in.kubernetes_version);
	}
	read_pin_file(draft, "versions.env");
	read_pin_file(draft, "talenv.yaml");
	resolve(draft);
}
