#include "split.h"

#include <string.h>

static const char marker[] = "=== ";
#define MARKER_LEN (sizeof(marker) - 1)

static const char *find_marker(const char *from, const char *end)
{
	for (const char *at = from; at + MARKER_LEN <= end; at++)
		if (memcmp(at, marker, MARKER_LEN) == 0 && (at == from || at[-1] == '\n'))
			return at;
	return end;
}

size_t split_texts(const char *input, size_t size, struct split_text *out, size_t max)
{
	const char *end = input + size;
	const char *at = find_marker(input, end);
	size_t count = 1;

	out[0] = (struct split_text){ "", 0, input, (size_t)(at - input) };
	while (at < end && count < max) {
		const char *words = at + MARKER_LEN;
		const char *line = memchr(words, '\n', (size_t)(end - words));
		const char *text = line ? line + 1 : end;

		at = find_marker(text, end);
		out[count++] = (struct split_text){
			.words = words,
			.words_len = (size_t)((line ? line : end) - words),
			.text = text,
			.len = (size_t)(at - text),
		};
	}
	if (count == max)
		out[count - 1].len = (size_t)(end - out[count - 1].text);
	return count;
}
