#include "cluster/files.h"

#include "base/text.h"
#include "crypto/digest.h"
#include "seal/sealed.h"

#include <stdlib.h>
#include <string.h>

struct files {
	struct arena *arena;
	const char *folder; /* NULL: texts */
	const struct file_text *text;
	size_t texts;
	struct keyring *keyring; /* NULL: no keys */
	struct err locked;
	bool any_sealed;
	struct file_text *seen;
	size_t seens, cap;
	struct question *question;
	size_t questions, questions_cap;
};

struct files *files_of_folder(struct arena *arena, const char *folder)
{
	struct files *files = arena_alloc(arena, sizeof(*files));

	files->arena = arena;
	files->folder = arena_str(arena, folder);
	return files;
}

struct files *files_of_texts(struct arena *arena, const struct file_text *texts, size_t count)
{
	struct files *files = arena_alloc(arena, sizeof(*files));

	files->arena = arena;
	files->text = texts;
	files->texts = count;
	return files;
}

bool files_was_read(const struct files *files, const char *name)
{
	for (size_t i = 0; i < files->seens; i++)
		if (strcmp(files->seen[i].name, name) == 0)
			return true;
	return false;
}

static void note_seen(struct files *files, const struct file_text *file)
{
	if (files_was_read(files, file->name))
		return;
	files->seen = arena_grow(files->arena, files->seen, files->seens, &files->cap,
				 sizeof(*files->seen));
	files->seen[files->seens++] = *file;
}

static void note_question(struct files *files, struct question question, struct digest *answer)
{
	digest_end(answer, question.answer);
	files->question = arena_grow(files->arena, files->question, files->questions,
				     &files->questions_cap, sizeof(*files->question));
	files->question[files->questions++] = question;
}

static void note_file(struct files *files, const struct file_text *file, int outcome)
{
	struct digest *answer OWNED(digest_free) = digest_new();

	digest_add_text(answer, outcome == 0 ? "file" : outcome > 0 ? "none"
								    : "unreadable");
	if (outcome == 0)
		digest_add(answer, file->text, file->len);
	note_question(files, (struct question){ QUESTION_FILE, file->name, "", { 0 } }, answer);
}

static void note_names(struct files *files, struct question question,
		       const struct fs_names *names, int outcome)
{
	struct digest *answer OWNED(digest_free) = digest_new();

	digest_add_text(answer, outcome == 0 ? "names" : "unreadable");
	for (size_t i = 0; outcome == 0 && i < names->len; i++)
		digest_add_text(answer, names->at[i]);
	question.name = arena_str(files->arena, question.name);
	question.suffix = arena_str(files->arena, question.suffix);
	note_question(files, question, answer);
}

static int read_folder(struct files *files, struct file_text *file, struct err *err)
{
	const char *path = fs_join(files->arena, files->folder, file->name);
	struct err why = ERR_INIT;
	char *text;

	if (fs_read(files->arena, path, FS_FILE_MAX, &text, &file->len, &why) == 0) {
		file->text = text;
		return 0;
	}
	if (why.kind == ERR_NOT_FOUND)
		return 1;
	if (err)
		*err = why;
	return -1;
}

static int read_text(const struct files *files, struct file_text *file)
{
	for (size_t i = 0; i < files->texts; i++) {
		if (strcmp(files->text[i].name, file->name) != 0)
			continue;
		file->text = arena_strn(files->arena, files->text[i].text, files->text[i].len);
		file->len = files->text[i].len;
		file->sealed = files->text[i].sealed;
		return 0;
	}
	return 1;
}

void files_unseal(struct files *files, struct keyring *keyring)
{
	files->keyring = keyring;
}

const struct err *files_locked(const struct files *files)
{
	return err_is_set(&files->locked) ? &files->locked : NULL;
}

bool files_any_sealed(const struct files *files)
{
	return files->any_sealed;
}

static int unseal(struct files *files, struct file_text *file, struct err *err)
{
	const struct sops_input input = { file->name, file->text, file->len };
	struct str plain SCOPED(str_done) = STR_INIT(FS_FILE_MAX);
	struct err why = ERR_INIT;

	if (!sops_is_sealed(&input))
		return 0;
	files->any_sealed = true;
	if (sealed_open(&input, files->keyring, &plain, &why) == 0) {
		file->text = arena_strn(files->arena, str_text(&plain), plain.len);
		file->len = plain.len;
		file->sealed = true;
		return 0;
	}
	if (why.kind == ERR_AUTH && !err_is_set(&files->locked))
		files->locked = why;
	if (err)
		*err = why;
	return -1;
}

int files_read(struct files *files, const char *name, struct file_text *out, struct err *err)
{
	struct file_text file = { .name = arena_str(files->arena, name) };
	int r = files->folder ? read_folder(files, &file, err) : read_text(files, &file);

	note_file(files, &file, r);
	if (r != 0)
		return r;
	note_seen(files, &file);
	if (unseal(files, &file, err) < 0)
		return -1;
	*out = file;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What stands between `folder` and the next slash, of each text below it. */
static void list_texts(const struct files *files, const char *folder, bool folders,
		       struct fs_names *out)
{
	struct fs_names names = { arena_calloc(files->arena, files->texts + 1, sizeof(char *)), 0 };
	size_t len = strlen(folder);

	for (size_t i = 0; i < files->texts; i++) {
		const char *name = files->text[i].name;
		size_t part;

		if (strncmp(name, folder, len) != 0 || name[len] != '/' || name[len + 1] == '.')
			continue;
		part = strcspn(name + len + 1, "/");
		if ((name[len + 1 + part] == '/') == folders && part > 0)
			names.at[names.len++] = arena_strn(files->arena, name + len + 1, part);
	}
	if (names.len > 1)
		qsort(names.at, names.len, sizeof(*names.at), compare_names);
	for (size_t i = 0; i < names.len; i++)
		if (out->len == 0 || strcmp(names.at[i], names.at[out->len - 1]) != 0)
			names.at[out->len++] = names.at[i];
	out->at = names.at;
}

static void keep(const struct files *files, const char *folder, bool folders, const char *suffix,
		 struct fs_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->len; i++) {
		const char *path = fs_join(files->arena, folder, names->at[i]);
		bool is_folder = folders;

		if (files->folder)
			is_folder = fs_is_dir(fs_join(files->arena, files->folder, path));
		if (is_folder == folders && text_ends(names->at[i], suffix))
			names->at[kept++] = names->at[i];
	}
	names->len = kept;
}

static int list(struct files *files, const char *folder, const char *suffix,
		struct fs_names *out, struct err *err)
{
	bool folders = suffix == NULL;
	struct fs_names names = { 0 };

	if (!files->folder)
		list_texts(files, folder, folders, &names);
	else if (fs_list(files->arena, fs_join(files->arena, files->folder, folder), "", &names,
			 err) < 0)
		return -1;
	keep(files, folder, folders, suffix ? suffix : "", &names);
	*out = names;
	return 0;
}

int files_list(struct files *files, const char *folder, const char *suffix, struct fs_names *out,
	       struct err *err)
{
	int r = list(files, folder, suffix, out, err);

	note_names(files, (struct question){ QUESTION_FILES, folder, suffix, { 0 } }, out, r);
	return r;
}

int files_folders(struct files *files, const char *folder, struct fs_names *out, struct err *err)
{
	int r = list(files, folder, NULL, out, err);

	note_names(files, (struct question){ QUESTION_FOLDERS, folder, "", { 0 } }, out, r);
	return r;
}

struct questions files_questions(const struct files *files)
{
	return (struct questions){ files->question, files->questions };
}

void files_ask(struct files *files, struct question *question)
{
	struct fs_names names = { 0 };
	struct file_text file;

	switch (question->kind) {
	case QUESTION_FILE:
		files_read(files, question->name, &file, NULL);
		break;
	case QUESTION_FILES:
		files_list(files, question->name, question->suffix, &names, NULL);
		break;
	default:
		files_folders(files, question->name, &names, NULL);
		break;
	}
	memcpy(question->answer, files->question[files->questions - 1].answer, SHA256_SIZE);
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct file_text *)a)->name, ((const struct file_text *)b)->name);
}

const char *files_digest(const struct files *files)
{
	struct digest *digest OWNED(digest_free) = digest_new();
	struct file_text *sorted = arena_calloc(files->arena, files->seens + 1, sizeof(*sorted));

	for (size_t i = 0; i < files->seens; i++)
		sorted[i] = files->seen[i];
	qsort(sorted, files->seens, sizeof(*sorted), compare_files);
	for (size_t i = 0; i < files->seens; i++) {
		digest_add_text(digest, sorted[i].name);
		digest_add_text(digest, arena_printf(files->arena, "%zu", sorted[i].len));
		digest_add(digest, sorted[i].text, sorted[i].len);
	}
	return digest_end_text(digest, files->arena);
}
