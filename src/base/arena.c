#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_FIRST ((size_t)4 << 10)
#define BLOCK_LAST ((size_t)256 << 10)
#define ARRAY_FIRST 8

struct block {
	struct block *next;
	size_t cap, used;
	alignas(max_align_t) unsigned char at[];
};

struct arena {
	const char *name;
	struct block *blocks; /* owned; the first one is being filled */
	size_t block_size;    /* of the next block */
	size_t used;
};

/* Nothing here may allocate; a partial write loses part of a message and nothing else. */
static _Noreturn void out_of_memory(const char *where)
{
	static const char text[] = "talforge: out of memory: ";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	if (written > 0)
		written = write(STDERR_FILENO, where, strlen(where));
	if (written > 0)
		written = write(STDERR_FILENO, "\n", 1);
	_exit(1);
}

static void *memory_or_die(size_t size, const char *where)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		out_of_memory(where);
	return memory;
}

void *mem_new(size_t size)
{
	return memset(memory_or_die(size, "object"), 0, size);
}

void mem_free(void *object, size_t size)
{
	if (!object)
		return;
	explicit_bzero(object, size);
	free(object);
}

struct arena *arena_new(const char *name)
{
	struct arena *arena = mem_new(sizeof(*arena));

	arena->name = name;
	arena->block_size = BLOCK_FIRST;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		mem_free(block, sizeof(*block) + block->used); /* nothing was written behind it */
	}
	mem_free(arena, sizeof(*arena));
}

void arena_reset(struct arena *arena)
{
	struct block *kept = NULL;

	for (struct block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		explicit_bzero(block->at, block->used);
		block->used = 0;
		if (kept && kept->cap >= block->cap) {
			mem_free(block, sizeof(*block));
			continue;
		}
		mem_free(kept, sizeof(*kept));
		kept = block;
	}
	if (kept)
		kept->next = NULL;
	arena->blocks = kept;
	arena->used = 0;
}

/* Its memory is zeroed as it is handed out: much of the last block never is. */
static struct block *block_new(const struct arena *arena, size_t cap)
{
	if (cap > SIZE_MAX - sizeof(struct block))
		out_of_memory(arena->name);

	struct block *block = memory_or_die(sizeof(*block) + cap, arena->name);
	*block = (struct block){ .cap = cap };
	return block;
}

/* A large object gets a block of its own behind the first one, whose free rest stays in use. */
static void *alloc_alone(struct arena *arena, size_t size)
{
	struct block *block = block_new(arena, size);

	block->used = size;
	memset(block->at, 0, size);
	if (arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return block->at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);

	if (size > SIZE_MAX - align)
		out_of_memory(arena->name);
	size = size ? (size + align - 1) / align * align : align;
	arena->used += size;

	struct block *block = arena->blocks;
	if (!block || size > block->cap - block->used) {
		if (size > arena->block_size / 4)
			return alloc_alone(arena, size);
		block = block_new(arena, arena->block_size);
		block->next = arena->blocks;
		arena->blocks = block;
		if (arena->block_size < BLOCK_LAST)
			arena->block_size *= 2;
	}

	void *object = block->at + block->used;
	block->used += size;
	return memset(object, 0, size);
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		out_of_memory(arena->name);
	return arena_alloc(arena, total);
}

void *arena_dup(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_str(struct arena *arena, const char *text)
{
	return text ? arena_strn(arena, text, strlen(text)) : NULL;
}

char *arena_strn(struct arena *arena, const char *text, size_t len)
{
	if (len == SIZE_MAX)
		out_of_memory(arena->name);

	char *copy = arena_alloc(arena, len + 1);
	if (len)
		memcpy(copy, text, len);
	return copy;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = arena_vprintf(arena, fmt, args);
	va_end(args);
	return text;
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		out_of_memory(arena->name);

	char *text = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void *arena_grow(struct arena *arena, void *array, size_t len, size_t *cap, size_t size)
{
	if (len < *cap)
		return array;
	if (len > SIZE_MAX / 2)
		out_of_memory(arena->name);

	size_t wanted = len < ARRAY_FIRST ? ARRAY_FIRST : len * 2;
	void *grown = arena_calloc(arena, wanted, size);
	if (*cap)
		memcpy(grown, array, *cap * size);
	*cap = wanted;
	return grown;
}
