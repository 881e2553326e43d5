#include "base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_zero(const unsigned char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i])
			return false;
	}
	return true;
}

Test(arena, gives_aligned_zeroed_memory_that_does_not_overlap)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned char *at[400];
	size_t size[400];

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		size[i] = i * i % 3001 + (i % 50 == 0 ? 300000 : 0);
		at[i] = arena_alloc(arena, size[i]);
		cr_assert_not_null(at[i]);
		cr_assert_eq((uintptr_t)at[i] % alignof(max_align_t), 0);
		cr_assert(is_zero(at[i], size[i]), "object %zu", i);
		memset(at[i], (int)(i % 255) + 1, size[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		for (size_t j = 0; j < size[i]; j++)
			cr_assert_eq(at[i][j], i % 255 + 1);
	}
}

Test(arena, counts_what_it_handed_out)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_eq(arena_used(arena), 0);
	arena_alloc(arena, 1000);
	cr_assert_geq(arena_used(arena), 1000);
	cr_assert_lt(arena_used(arena), 1100);
	arena_alloc(arena, 1000000);
	cr_assert_geq(arena_used(arena), 1001000);
}

Test(arena, nothing_has_an_address_of_its_own)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_neq(arena_alloc(arena, 0), arena_alloc(arena, 0));
	cr_assert_not_null(arena_dup(arena, NULL, 0));
	cr_assert_str_eq(arena_strn(arena, NULL, 0), "");
	cr_assert_null(arena_str(arena, NULL));
}

Test(arena, copies_texts_and_bytes)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	char text[] = "cp-1,cp-2";

	char *whole = arena_str(arena, text);
	char *part = arena_strn(arena, text, 4);
	char *bytes = arena_dup(arena, "a\0b", 3);
	memset(text, 'z', sizeof(text) - 1);
	cr_assert_str_eq(whole, "cp-1,cp-2");
	cr_assert_str_eq(part, "cp-1");
	cr_assert_eq(memcmp(bytes, "a\0b", 3), 0);
}

Test(arena, prints_texts_of_any_length)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	cr_assert_str_eq(arena_printf(arena, "%s-%d", "w", 7), "w-7");
	char *wide = arena_printf(arena, "%*s", 600000, "x");
	cr_assert_eq(strlen(wide), 600000);
	cr_assert_eq(wide[599999], 'x');
}

Test(arena, grows_arrays_and_keeps_their_elements)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	unsigned *numbers = NULL;
	size_t cap = 0;

	for (unsigned i = 0; i < 10000; i++) {
		numbers = arena_grow(arena, numbers, i, &cap, sizeof(*numbers));
		cr_assert_gt(cap, i);
		numbers[i] = i;
	}
	for (unsigned i = 0; i < 10000; i++)
		cr_assert_eq(numbers[i], i);
	cr_assert_eq(arena_grow(arena, numbers, 5, &cap, sizeof(*numbers)), numbers);
}

/* What the program says and how it ends when `fail` asks for more than there is. */
static int run_out_of_memory(void (*fail)(struct arena *arena), char *text, size_t size)
{
	int ends[2], status = 0;
	ssize_t got;
	size_t len = 0;

	cr_assert_eq(pipe(ends), 0);
	pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		fail(arena_new("plan"));
		_exit(0);
	}
	close(ends[1]);
	while (len + 1 < size && (got = read(ends[0], text + len, size - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	close(ends[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ask_for_everything(struct arena *arena)
{
	arena_alloc(arena, SIZE_MAX);
}

static void ask_for_nearly_everything(struct arena *arena)
{
	arena_alloc(arena, SIZE_MAX - 31);
}

static void ask_for_an_overflowing_array(struct arena *arena)
{
	arena_calloc(arena, SIZE_MAX / 2, 3);
}

static void ask_for_an_overflowing_text(struct arena *arena)
{
	arena_strn(arena, "", SIZE_MAX);
}

static void grow_beyond_everything(struct arena *arena)
{
	size_t cap = SIZE_MAX / 2 + 1;

	arena_grow(arena, arena, SIZE_MAX / 2 + 1, &cap, 1);
}

Test(arena, ends_the_program_with_one_message_when_there_is_no_memory)
{
	static const struct {
		const char *name;
		void (*fail)(struct arena *arena);
	} rows[] = {
		{ "everything", ask_for_everything },
		{ "nearly everything", ask_for_nearly_everything },
		{ "array", ask_for_an_overflowing_array },
		{ "text", ask_for_an_overflowing_text },
		{ "grow", grow_beyond_everything },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[200];

		cr_assert_eq(run_out_of_memory(rows[i].fail, text, sizeof(text)), 1, "%s",
			     rows[i].name);
		cr_assert_str_eq(text, "talforge: out of memory: plan\n", "%s", rows[i].name);
	}
}

Test(arena, destructors_take_null)
{
	arena_free(NULL);
	mem_free(NULL, 10);
}

Test(arena, objects_are_zeroed)
{
	for (size_t size = 0; size < 5000; size += 499) {
		unsigned char *object = mem_new(size);

		cr_assert(is_zero(object, size));
		memset(object, 0xa5, size);
		mem_free(object, size);
	}
}

Test(arena, taken_locals_are_not_freed)
{
	struct arena *kept OWNED(arena_free) = NULL;

	{
		struct arena *local OWNED(arena_free) = arena_new("local");
		kept = take(local);
		cr_assert_null(local);
	}
	cr_assert_str_eq(arena_str(kept, "alive"), "alive");
}

Test(arena, is_empty_and_zeroed_after_a_reset)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");

	arena_reset(arena);
	for (size_t round = 0; round < 5; round++) {
		for (size_t i = 0; i < 300; i++) {
			size_t size = i % 100 == 99 ? 300000 : i * 37 % 5000;
			unsigned char *at = arena_alloc(arena, size);

			cr_assert(is_zero(at, size), "round %zu, object %zu", round, i);
			memset(at, 0xa5, size);
		}
		arena_reset(arena);
		cr_assert_eq(arena_used(arena), 0);
	}
}
