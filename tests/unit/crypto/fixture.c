#include "fixture.h"

#include "base/fs.h"
#include "base/text.h"

#include <string.h>

const char *fixture(struct arena *arena, const char *name)
{
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t len;

	cr_assert_eq(fs_read(arena, fs_join(arena, TEST_DATA_DIR "/crypto", name), FS_FILE_MAX,
			     &text, &len, &err),
		     0, "%s", err.text);
	return text;
}

struct identity fixture_identity(struct arena *arena, const char *name)
{
	return (struct identity){
		.cert = fixture(arena, arena_printf(arena, "%s.crt", name)),
		.key = fixture(arena, arena_printf(arena, "%s.key", name)),
	};
}

unsigned char *fixture_der(struct arena *arena, const char *pem, size_t *len)
{
	size_t head = strcspn(pem, "\n");
	const char *end = strstr(pem + head, "\n-----END");

	cr_assert_not_null(end);
	return base64_decode(arena, arena_strn(arena, pem + head, (size_t)(end - pem) - head), len);
}

uint64_t moment(const char *text)
{
	uint64_t wall = 0;

	cr_assert_eq(time_parse(text, &wall), 0, "%s", text);
	return wall;
}

size_t fixture_unhex(const char *hex, unsigned char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		const char *high = strchr(digits, hex[2 * i]);
		const char *low = strchr(digits, hex[2 * i + 1]);

		cr_assert(high && low, "%s", hex);
		out[i] = (unsigned char)((high - digits) << 4 | (low - digits));
	}
	return len;
}
