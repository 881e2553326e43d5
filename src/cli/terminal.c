#include "cli/terminal.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_set(env_fn *env, const char *name)
{
	const char *text = env(name);

	return text && *text;
}

static bool has_utf8(env_fn *env)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (is_set(env, names[i]))
			return strcasestr(env(names[i]), "utf-8") ||
			       strcasestr(env(names[i]), "utf8");
	return false;
}

void terminal_init(struct terminal *terminal, env_fn *env)
{
	bool tty = isatty(STDERR_FILENO) == 1;
	bool dumb = text_equal(env("TERM"), "dumb") || !is_set(env, "TERM");

	*terminal = (struct terminal){
		.asks = tty && isatty(STDIN_FILENO) == 1,
		.live = tty && !dumb && !is_set(env, "CI"),
		.colour = tty && !dumb && !is_set(env, "NO_COLOR"),
		.utf8 = has_utf8(env),
	};
}

struct terminal_size terminal_size(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
		return (struct terminal_size){ 80, 24 };
	return (struct terminal_size){ size.ws_col, size.ws_row };
}

bool terminal_write(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		len -= (size_t)done;
	}
	return true;
}

size_t terminal_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			columns++;
	return columns;
}
