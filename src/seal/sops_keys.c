#include "seal/sops_keys.h"

#include "base/text.h"
#include "seal/shamir.h"

#include <string.h>

#define PART_MAX (SOPS_KEY_SIZE + 1)
#define ARMOR_MAX ((size_t)64 << 10)

/* ---- reading ---- */

static const char *const foreign_kinds[] = { "pgp", "kms", "gcp_kms",
					     "hckms", "azure_kv", "hc_vault",
					     "fido_u2f", NULL };

static int fail_at(const struct value *value, struct err *err)
{
	struct src src = value_src(value);

	return err_at(err, src.file, src.line, src.column);
}

/* Recipients of age's that only other programs have the keys for. */
static bool is_foreign_age(const char *recipient)
{
	return text_starts(recipient, "ssh-") ||
	       (text_starts(recipient, "age1") && strchr(recipient + 4, '1'));
}

static int read_age_key(const struct value *list, size_t index, struct sops_group *group,
			struct err *err)
{
	const struct value *entry = value_at(list, index);
	const char *recipient = value_get_text(entry, "recipient");
	const struct sops_sealed_key key = {
		.recipient = recipient ? recipient : "an age recipient",
		.text = value_get_text(entry, "enc"),
		.src = value_src(value_get(entry, "enc")),
	};

	if (!key.text) {
		err_set(err, ERR_INPUT, "a recipient of the file has no key");
		return fail_at(entry ? entry : list, err);
	}
	if (is_foreign_age(key.recipient))
		group->foreign = SOPS_FOREIGN_AGE;
	else
		group->key[group->len++] = key;
	return 0;
}

static int read_group(struct arena *arena, const struct value *map, struct sops_group *out,
		      struct err *err)
{
	const struct value *list = value_get(map, "age");
	struct sops_group group = { 0 };

	for (const char *const *kind = foreign_kinds; *kind; kind++)
		if (value_len(value_get(map, *kind)) > 0)
			group.foreign = *kind;
	group.key = arena_calloc(arena, value_len(list) + 1, sizeof(*group.key));
	for (size_t i = 0; i < value_len(list); i++)
		if (read_age_key(list, i, &group, err) < 0)
			return -1;
	*out = group;
	return 0;
}

int sops_keys_read(struct arena *arena, const struct value *section, struct sops_keys *out,
		   struct err *err)
{
	const struct value *list = value_get(section, "key_groups");
	struct sops_keys keys = { 0 };
	uint64_t threshold = 0;
	struct sops_group alone;

	if (read_group(arena, section, &alone, err) < 0)
		return -1;
	if (alone.len > 0 || alone.foreign) {
		keys.group = arena_dup(arena, &alone, sizeof(alone));
		keys.groups = 1;
	} else {
		keys.groups = value_len(list);
		keys.group = arena_calloc(arena, keys.groups + 1, sizeof(*keys.group));
		for (size_t i = 0; i < keys.groups; i++)
			if (read_group(arena, value_at(list, i), &keys.group[i], err) < 0)
				return -1;
	}
	for (size_t i = 0; i < keys.groups; i++)
		if (keys.group[i].foreign)
			keys.foreign = keys.group[i].foreign;
	if (keys.groups == 0 || keys.groups > 255) {
		err_set(err, ERR_INPUT, "the file names nobody who could open it");
		return fail_at(section, err);
	}
	value_u64(value_get(section, "shamir_threshold"), &threshold);
	keys.threshold = threshold <= keys.groups ? (unsigned)threshold : 0;
	*out = keys;
	return 0;
}

/* ---- opening ---- */

struct opened { /* parts of the data key, one after the other */
	unsigned char at[256 * PART_MAX];
	size_t len;   /* of a part */
	size_t parts; /* that were opened */
	struct err damaged, refused;
};

static void opened_done(struct opened *opened)
{
	explicit_bzero(opened, sizeof(*opened));
}

/* The recipient is in clear beside the key. When it is one of ours and our key does not fit, then
 * somebody changed what it should open. */
static bool is_ours(const struct sops_sealed_key *key, const struct age_identities *identities)
{
	struct arena *arena OWNED(arena_free) = arena_new("recipients");

	for (size_t i = 0; i < identities->len; i++)
		if (text_equal(age_identity_recipient(arena, &identities->at[i]), key->recipient))
			return true;
	return false;
}

static void note_damage(struct opened *opened, const struct sops_sealed_key *key,
			const struct err *why)
{
	opened->damaged = *why;
	err_at(&opened->damaged, key->src.file, key->src.line, key->src.column);
}

static void note_fault(struct opened *opened, const struct sops_sealed_key *key,
		       const struct age_identities *identities, struct err *why)
{
	if (why->kind == ERR_AUTH && !is_ours(key, identities)) {
		opened->refused = *why;
		return;
	}
	if (why->kind == ERR_AUTH)
		err_set(why, ERR_INPUT, "the key of the file, sealed for %s, was changed",
			key->recipient);
	note_damage(opened, key, why);
}

static bool open_group(const struct sops_group *group, const struct age_identities *identities,
		       struct opened *opened)
{
	for (size_t i = 0; i < group->len; i++) {
		struct str plain SCOPED(str_done) = STR_INIT(ARMOR_MAX);
		struct err why = ERR_INIT;
		const struct age_text text = { "the key of the file", group->key[i].text,
					       strlen(group->key[i].text) };

		if (age_open(&text, identities, &plain, &why) < 0) {
			note_fault(opened, &group->key[i], identities, &why);
			continue;
		}
		if (plain.len != opened->len) {
			err_set(&why, ERR_INPUT, "the key of the file has %zu bytes", plain.len);
			note_damage(opened, &group->key[i], &why);
			continue;
		}
		memcpy(opened->at + opened->parts * opened->len, str_text(&plain), plain.len);
		opened->parts++;
		return true;
	}
	return false;
}

static size_t needed_of(const struct sops_keys *keys)
{
	if (keys->groups == 1)
		return 1;
	return keys->threshold ? keys->threshold : keys->groups;
}

static int not_opened(const struct sops_keys *keys, const struct age_identities *identities,
		      const struct opened *opened, struct err *err)
{
	const struct sops_group *group = &keys->group[0];

	if (err_is_set(&opened->damaged)) {
		if (err)
			*err = opened->damaged;
		return -1;
	}
	if (group->len == 0) {
		err_set(err, ERR_AUTH, "it needs a key of kind %s",
			keys->foreign ? keys->foreign : "unknown");
		return err_hint(err, "that is for the sops program");
	}
	if (identities->len == 0)
		err_set(err, ERR_AUTH, "there is no age key to open it with");
	else if (keys->groups > 1)
		err_set(err, ERR_AUTH, "the age keys given open %zu of %zu groups that are needed",
			opened->parts, needed_of(keys));
	else
		err_set(err, ERR_AUTH, "none of the age keys given (%zu) opens it; it is for %s%s",
			identities->len, group->key[0].recipient,
			group->len > 1 ? " and others" : "");
	return err_hint(err, "SOPS_AGE_KEY_FILE names a file with the secret key");
}

int sops_keys_open(const struct sops_keys *keys, const struct age_identities *identities,
		   unsigned char out[static SOPS_KEY_SIZE], struct err *err)
{
	struct opened opened SCOPED(opened_done) = {
		.len = keys->groups > 1 ? PART_MAX : SOPS_KEY_SIZE,
	};
	size_t needed = needed_of(keys);

	for (size_t i = 0; i < keys->groups && opened.parts < needed; i++)
		open_group(&keys->group[i], identities, &opened);
	if (opened.parts < needed)
		return not_opened(keys, identities, &opened, err);
	if (keys->groups == 1) {
		memcpy(out, opened.at, SOPS_KEY_SIZE);
		return 0;
	}

	const struct shamir shamir = { (unsigned)needed, (unsigned)needed, SOPS_KEY_SIZE };
	if (!shamir_combine(&shamir, opened.at, out))
		return err_set(err, ERR_INPUT, "the parts of the key of the file do not fit");
	return 0;
}

/* ---- sealing ---- */

static int seal_group(struct arena *arena, struct sops_group *group, const unsigned char *part,
		      size_t len, const struct sops_sealer *sealer, struct err *err)
{
	for (size_t i = 0; i < group->len; i++) {
		struct str text SCOPED(str_done) = STR_INIT(ARMOR_MAX);
		struct age_recipient recipient;
		const struct age_seal seal = { .recipients = &recipient,
					       .count = 1,
					       .armor = true,
					       .random = sealer->random };

		if (age_recipient_read(group->key[i].recipient, &recipient, err) < 0 ||
		    age_seal(&seal, part, len, &text, err) < 0)
			return -1;
		group->key[i].text = arena_str(arena, str_text(&text));
	}
	return 0;
}

int sops_keys_seal(struct arena *arena, struct sops_keys *keys, const struct sops_sealer *sealer,
		   struct err *err)
{
	struct shamir shamir = { (unsigned)keys->groups, keys->threshold, SOPS_KEY_SIZE };
	const unsigned char *parts = sealer->key;
	size_t len = SOPS_KEY_SIZE;

	if (keys->groups > 1) {
		if (shamir.threshold == 0)
			shamir.threshold = shamir.parts;
		if (shamir.threshold < 2)
			return err_set(err, ERR_INPUT,
				       "a threshold of 1 of %zu key groups is not possible",
				       keys->groups);
		keys->threshold = shamir.threshold;
		parts = shamir_split(arena, &shamir, sealer->key, sealer->random);
		len++;
	}
	for (size_t i = 0; i < keys->groups; i++) {
		if (keys->group[i].len == 0)
			return err_set(err, ERR_INPUT, "a key group has no age recipient");
		if (seal_group(arena, &keys->group[i], parts + i * len, len, sealer, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- writing ---- */

static const struct value *group_list(struct arena *arena, const struct sops_group *group)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < group->len; i++) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "enc", value_str(arena, group->key[i].text));
		map_add(map, "recipient", value_str(arena, group->key[i].recipient));
		list_add(list, map_end(map));
	}
	return list_end(list);
}

const struct value *sops_keys_age(struct arena *arena, const struct sops_keys *keys)
{
	return group_list(arena, &keys->group[0]);
}

const struct value *sops_keys_groups(struct arena *arena, const struct sops_keys *keys)
{
	struct list_builder *list = list_begin(arena);

	for (size_t i = 0; i < keys->groups; i++) {
		struct map_builder *map = map_begin(arena);

		map_add(map, "age", group_list(arena, &keys->group[i]));
		/* other programs write it, empty or not; so a diff stays small */
		map_add(map, "hc_vault", list_end(list_begin(arena)));
		list_add(list, map_end(map));
	}
	return list_end(list);
}
