#include "ops/render_cache.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/text.h"
#include "cluster/gitignore.h"
#include "crypto/digest.h"

#include <string.h>

#define FORMAT "talforge render cache 1"
#define CACHE_MAX ((size_t)64 << 20)
#define OUTPUT_MAX ((size_t)8 << 20)
#define ENCRYPTED_BUNDLE "talsecret.sops.yaml"
#define PROGRAM_FILE "/proc/self/exe"
#define HEX_SIZE ((size_t)2 * SHA256_SIZE)

/* File systems count their times in ticks. A file that was written in this while before the cache
 * may have been written again without a later time. */
#define TICK (20 * MILLISECOND)

/* ---- digests ---- */

struct keyed {
	unsigned char key[SHA256_SIZE];
};

static struct keyed keyed_by(const unsigned char bundle[static SHA256_SIZE])
{
	struct digest *digest OWNED(digest_free) = digest_new();
	struct keyed keyed = { 0 };

	digest_add_text(digest, FORMAT);
	digest_add(digest, bundle, SHA256_SIZE);
	digest_end(digest, keyed.key);
	return keyed;
}

static struct digest *keyed_begin(const struct keyed *keyed, const char *purpose)
{
	struct digest *digest = digest_new();

	digest_add(digest, keyed->key, sizeof(keyed->key));
	digest_add_text(digest, purpose);
	return digest;
}

static const char *keyed_end(struct digest *digest, struct arena *arena)
{
	unsigned char hash[SHA256_SIZE];

	digest_end(digest, hash);
	return hex_encode(arena, hash, sizeof(hash));
}

static const char *keyed_output(struct arena *arena, const struct keyed *keyed,
				const unsigned char hash[static SHA256_SIZE])
{
	struct digest *digest OWNED(digest_free) = keyed_begin(keyed, "output");

	digest_add(digest, hash, SHA256_SIZE);
	return keyed_end(digest, arena);
}

static const char *keyed_all(struct arena *arena, const struct keyed *keyed, const char *text,
			     size_t len)
{
	struct digest *digest OWNED(digest_free) = keyed_begin(keyed, "cache");

	digest_add(digest, text, len);
	return keyed_end(digest, arena);
}

static const char *keyed_answers(struct arena *arena, const struct keyed *keyed,
				 const struct question *question, size_t count)
{
	struct digest *digest OWNED(digest_free) = keyed_begin(keyed, "inputs");

	for (size_t i = 0; i < count; i++) {
		digest_add(digest, &question[i].kind, sizeof(question[i].kind));
		digest_add_text(digest, question[i].name);
		digest_add_text(digest, question[i].suffix);
		digest_add(digest, question[i].answer, SHA256_SIZE);
	}
	return keyed_end(digest, arena);
}

/* ---- the file: texts, each behind its length ---- */

static void put_some(struct str *out, const char *text, size_t len)
{
	char size[TEXT_U64_MAX];

	str_addn(out, size, text_of_u64(len, size));
	str_addc(out, ' ');
	str_addn(out, text, len);
	str_addc(out, '\n');
}

static void put(struct str *out, const char *text)
{
	if (text)
		put_some(out, text, strlen(text));
	else
		str_add(out, "-\n");
}

static void put_number(struct str *out, uint64_t number)
{
	char text[TEXT_U64_MAX];

	put_some(out, text, text_of_u64(number, text));
}

struct reader {
	char *at, *end;
	bool bad;
};

static const char *take_bad(struct reader *reader)
{
	reader->bad = true;
	reader->at = reader->end;
	return NULL;
}

/* NULL where there was none, and with `bad` where the file ends or is no such file. */
static const char *take_text(struct reader *reader)
{
	size_t len = 0;
	char *text;

	if (reader->end - reader->at >= 2 && memcmp(reader->at, "-\n", 2) == 0) {
		reader->at += 2;
		return NULL;
	}
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9' &&
	       len < CACHE_MAX)
		len = len * 10 + (size_t)(*reader->at++ - '0');
	if (reader->at == reader->end || *reader->at++ != ' ' ||
	    (size_t)(reader->end - reader->at) <= len || reader->at[len] != '\n')
		return take_bad(reader);
	text = reader->at;
	text[len] = '\0';
	reader->at += len + 1;
	return text;
}

static const char *take_some(struct reader *reader)
{
	const char *text = take_text(reader);

	if (!text)
		reader->bad = true;
	return text ? text : "";
}

static uint64_t take_number(struct reader *reader)
{
	uint64_t number = 0;

	if (!text_u64(take_some(reader), &number))
		take_bad(reader);
	return number;
}

/* Each of what is counted takes a few bytes. */
static size_t take_count(struct reader *reader)
{
	uint64_t count = take_number(reader);

	if (count > (uint64_t)(reader->end - reader->at)) {
		take_bad(reader);
		return 0;
	}
	return (size_t)count;
}

static void take_same(struct reader *reader, const char *wanted)
{
	const char *text = take_text(reader);

	if ((text || wanted) && !text_equal(text, wanted))
		take_bad(reader);
}

/* ---- what was asked for, and by which program ---- */

/* Builds in between releases have the same version. */
static const char *program_text(struct arena *arena, const char *version)
{
	struct fs_stamp stamp = { 0 };

	fs_stamp(PROGRAM_FILE, &stamp);
	return arena_printf(arena, "%s %ju %ju %ju", version, (uintmax_t)stamp.inode,
			    (uintmax_t)stamp.size, (uintmax_t)stamp.modified);
}

static size_t words_count(const char *const *words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

static void put_request(struct str *out, struct arena *arena, const struct render_key *key)
{
	put(out, program_text(arena, key->program));
	put(out, key->contract);
	put_number(out, words_count(key->only));
	for (size_t i = 0; i < words_count(key->only); i++)
		put(out, key->only[i]);
}

static void take_request(struct reader *reader, struct arena *arena, const struct render_key *key)
{
	take_same(reader, program_text(arena, key->program));
	take_same(reader, key->contract);
	if (take_count(reader) != words_count(key->only))
		take_bad(reader);
	for (size_t i = 0; !reader->bad && i < words_count(key->only); i++)
		take_same(reader, key->only[i]);
}

/* ---- inputs ---- */

static void put_inputs(struct str *out, struct arena *arena, const struct keyed *keyed,
		       const struct questions *questions)
{
	put_number(out, questions->len);
	for (size_t i = 0; i < questions->len; i++) {
		put_number(out, questions->at[i].kind);
		put(out, questions->at[i].name);
		put(out, questions->at[i].suffix);
	}
	put(out, keyed_answers(arena, keyed, questions->at, questions->len));
}

static void take_inputs(struct reader *reader, struct arena *arena, const struct keyed *keyed,
			const char *folder)
{
	struct arena *scratch OWNED(arena_free) = arena_new("inputs");
	struct files *files = files_of_folder(scratch, folder);
	size_t count = take_count(reader);
	struct question *question = arena_calloc(scratch, count + 1, sizeof(*question));

	for (size_t i = 0; !reader->bad && i < count; i++) {
		uint64_t kind = take_number(reader);

		question[i].kind = (enum question_kind)kind;
		question[i].name = take_some(reader);
		question[i].suffix = take_some(reader);
		if (kind >= QUESTION_KIND_COUNT)
			take_bad(reader);
	}
	for (size_t i = 0; !reader->bad && i < count; i++)
		files_ask(files, &question[i]);
	if (!reader->bad)
		take_same(reader, keyed_answers(arena, keyed, question, count));
}

/* ---- outputs ---- */

static void put_output(struct str *out, struct arena *arena, const struct keyed *keyed,
		       const struct config_output *output)
{
	put(out, output->path);
	put_number(out, output->stamp.device);
	put_number(out, output->stamp.inode);
	put_number(out, output->stamp.size);
	put_number(out, output->stamp.modified);
	put_number(out, output->stamp.changed);
	put(out, keyed_output(arena, keyed, output->digest));
}

struct looking {
	const struct render_key *key;
	const struct keyed *keyed;
	struct arena *arena;
	uint64_t made; /* when the cache was */
};

static bool has_digest(const struct looking *looking, const char *path, const char *digest)
{
	struct arena *scratch OWNED(arena_free) = arena_new("output");
	unsigned char hash[SHA256_SIZE];
	char *text;
	size_t len;

	if (fs_read(scratch, path, OUTPUT_MAX, &text, &len, NULL) < 0)
		return false;
	sha256(text, len, hash);
	return text_equal(keyed_output(scratch, looking->keyed, hash), digest);
}

static void take_output(struct reader *reader, const struct looking *looking, struct str *path)
{
	const char *name = take_some(reader), *digest;
	struct fs_stamp was = { .mode = CONFIGS_MODE }, is;

	was.device = take_number(reader);
	was.inode = take_number(reader);
	was.size = take_number(reader);
	was.modified = take_number(reader);
	was.changed = take_number(reader);
	digest = take_some(reader);
	str_clear(path);
	str_addf(path, "%s/%s", looking->key->folder, name);
	if (reader->bad || !fs_stamp(str_text(path), &is) || is.mode != CONFIGS_MODE) {
		take_bad(reader);
		return;
	}
	if (fs_stamps_equal(&was, &is) && was.changed + TICK < looking->made)
		return;
	if (!has_digest(looking, str_text(path), digest))
		take_bad(reader);
}

static void take_outputs(struct reader *reader, const struct looking *looking)
{
	struct str path SCOPED(str_done) = STR_INIT(CACHE_MAX);
	size_t count = take_count(reader);

	for (size_t i = 0; !reader->bad && i < count; i++)
		take_output(reader, looking, &path);
	if (!fs_exists(fs_join(looking->arena, looking->key->folder, CONFIGS_IGNORE)))
		take_bad(reader);
}

/* ---- what was said ---- */

static void put_rows(struct str *out, const struct configs_result *configs)
{
	put_number(out, configs->len);
	for (size_t i = 0; i < configs->len; i++) {
		put(out, configs->at[i].node->name);
		put(out, role_name(configs->at[i].node->role));
		put(out, configs->at[i].path);
		put(out, configs->at[i].contract);
	}
}

static void take_rows(struct reader *reader, struct arena *arena, struct render_record *record)
{
	record->len = take_count(reader);
	record->at = arena_calloc(arena, record->len + 1, sizeof(*record->at));
	for (size_t i = 0; !reader->bad && i < record->len; i++) {
		struct render_row *row = &record->at[i];

		row->name = take_some(reader);
		row->role = take_some(reader);
		row->file = take_some(reader);
		row->contract = take_some(reader);
	}
}

static void put_findings(struct str *out, const struct findings *findings)
{
	put_number(out, findings->len);
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *finding = &findings->at[i];

		put(out, finding->id);
		put_number(out, finding->severity);
		put(out, finding->src.file);
		put_number(out, finding->src.line);
		put_number(out, finding->src.column);
		put(out, finding->path);
		put(out, finding->text);
		put(out, finding->hint);
	}
}

static void take_findings(struct reader *reader, struct findings *findings)
{
	size_t count = take_count(reader);

	for (size_t i = 0; !reader->bad && i < count; i++) {
		const char *id = take_some(reader), *path, *text, *hint;
		uint64_t severity = take_number(reader);
		struct src src = { .file = take_text(reader) };

		src.line = (unsigned)take_number(reader);
		src.column = (unsigned)take_number(reader);
		path = take_some(reader);
		text = take_some(reader);
		hint = take_text(reader);
		if (severity >= FINDING_ERROR) /* with errors nothing is rendered */
			take_bad(reader);
		if (reader->bad)
			return;
		finding_add(findings, (enum finding_severity)severity, id, src, path, "%s", text);
		if (hint)
			finding_hint(findings, "%s", hint);
	}
}

/* ---- both ways ---- */

/* Whether the bundle would be taken now, as workspace_bundle() asks it, and by which key. */
static bool bundle_key(struct arena *arena, const char *path, struct keyed *out)
{
	struct arena *scratch OWNED(arena_free) = arena_new("bundle file");
	unsigned char hash[SHA256_SIZE];
	struct fs_stamp stamp;
	char *text;
	size_t len;

	if (!fs_stamp(path, &stamp) || (stamp.mode & 077) || !git_ignores(arena, path) ||
	    fs_read(scratch, path, FS_FILE_MAX, &text, &len, NULL) < 0)
		return false;
	sha256(text, len, hash);
	*out = keyed_by(hash);
	return true;
}

/* What stands before the digest of all of it; false when that does not fit. */
static bool is_whole(struct arena *arena, const struct keyed *keyed, const char *text, size_t len)
{
	size_t rest;

	if (len < HEX_SIZE + 1)
		return false;
	rest = len - HEX_SIZE - 1;
	return text[len - 1] == '\n' &&
	       memcmp(keyed_all(arena, keyed, text, rest), text + rest, HEX_SIZE) == 0;
}

int render_cache_look(struct arena *arena, const struct render_key *key,
		      struct render_record *out)
{
	struct render_record record = { 0 };
	struct reader reader = { 0 };
	struct keyed keyed;
	uint64_t until;
	char *text;
	size_t len;

	if (fs_read(arena, key->file, CACHE_MAX, &text, &len, NULL) < 0)
		return 1;

	/* the name is needed for the key; what it says is believed only after that */
	char *copy = arena_strn(arena, text, len);
	reader = (struct reader){ copy, copy + len, false };
	take_same(&reader, FORMAT);
	record.bundle = take_some(&reader);
	if (reader.bad || !bundle_key(arena, fs_join(arena, key->folder, record.bundle), &keyed) ||
	    !is_whole(arena, &keyed, text, len))
		return 1;

	const struct looking looking = { key, &keyed, arena, take_number(&reader) };
	until = take_number(&reader);
	if (key->now < looking.made || key->now >= until)
		return 1;
	take_request(&reader, arena, key);
	take_inputs(&reader, arena, &keyed, key->folder);
	if (!reader.bad)
		take_outputs(&reader, &looking);
	take_rows(&reader, arena, &record);
	findings_init(&record.findings, arena);
	take_findings(&reader, &record.findings);
	if (reader.bad)
		return 1;
	*out = record;
	return 0;
}

/* Which of the two files holds the bundle is decided by whether the other is there. */
static struct questions all_questions(struct arena *arena, const struct render_key *key,
				      const struct render_made *made)
{
	struct questions questions = workspace_questions(made->workspace);
	struct question *at = arena_calloc(arena, questions.len + 1, sizeof(*at));

	if (questions.len)
		memcpy(at, questions.at, questions.len * sizeof(*at));
	at[questions.len] = (struct question){ QUESTION_FILE, ENCRYPTED_BUNDLE, "", { 0 } };
	files_ask(files_of_folder(arena, key->folder), &at[questions.len]);
	return (struct questions){ at, questions.len + 1 };
}

static void write_cache(const struct render_key *key, const struct str *text)
{
	struct arena *arena OWNED(arena_free) = arena_new("path");
	size_t folder = (size_t)(fs_base(key->file) - key->file);

	if (fs_mkdir(arena_strn(arena, key->file, folder ? folder - 1 : 0), 0700, NULL) == 0)
		fs_write_soon(key->file, str_text(text), text->len, 0600, NULL, NULL);
}

void render_cache_keep(struct arena *arena, const struct render_key *key,
		       const struct render_made *made)
{
	const unsigned char *bundle = workspace_bundle_digest(made->workspace);
	struct str out SCOPED(str_done) = STR_INIT(CACHE_MAX);

	if (!bundle || !made->configs->outputs)
		return;

	const struct keyed keyed = keyed_by(bundle);
	const struct questions questions = all_questions(arena, key, made);

	put(&out, FORMAT);
	put(&out, workspace_secrets_file(made->workspace));
	put_number(&out, key->now);
	put_number(&out, made->configs->good_until);
	put_request(&out, arena, key);
	put_inputs(&out, arena, &keyed, &questions);
	put_number(&out, made->configs->outputs);
	for (size_t i = 0; i < made->configs->outputs; i++)
		put_output(&out, arena, &keyed, &made->configs->output[i]);
	put_rows(&out, made->configs);
	put_findings(&out, made->findings);
	str_add(&out, keyed_all(arena, &keyed, str_text(&out), out.len));
	str_addc(&out, '\n');
	if (!out.full)
		write_cache(key, &out);
}
