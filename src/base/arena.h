/*
 * An arena: memory that dies together, and is erased when it dies.
 *
 *	struct arena *arena OWNED(arena_free) = arena_new("plan");
 *	char *name = arena_printf(arena, "%s-%s", cluster, host);
 *
 * Everything allocated is aligned for any type, zeroed, and valid until arena_free(). Nothing is
 * freed alone. Freed memory is overwritten first, so values that hold keys need no care of their
 * own.
 *
 * Out of memory ends the program with one message, here and nowhere else; arena_alloc never returns
 * NULL. Sizes that a peer controls are checked against limits before they come here.
 */
#pragma once

#include "base/own.h"

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(const char *name); /* a literal; it names the arena in debug statistics */
void arena_free(struct arena *arena);
OWN_DEFINE(struct arena, arena_free)

/* Erases and frees everything in it; some of the memory is kept for what comes next. */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size);
void *arena_calloc(struct arena *arena, size_t count, size_t size); /* overflow ends the program */
void *arena_dup(struct arena *arena, const void *data, size_t size);
char *arena_str(struct arena *arena, const char *text);		     /* NULL gives NULL */
char *arena_strn(struct arena *arena, const char *text, size_t len); /* adds the NUL */
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
size_t arena_used(const struct arena *arena); /* bytes handed out */

/* Grows an array of `size`-byte elements held in `arena` so that index `len` can be written. */
void *arena_grow(struct arena *arena, void *array, size_t len, size_t *cap, size_t size);

/* The two allocators of the house for objects that are not arena data; they never return NULL. */
void *mem_new(size_t size);		  /* zeroed; freed with mem_free() */
void mem_free(void *object, size_t size); /* erases `size` bytes, then frees; NULL is fine */
