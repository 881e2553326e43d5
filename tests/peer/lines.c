#include "peer/lines.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int rc = 0;

	while (rc == 0 && (len = getline(&line, &cap, stdin)) > 0)
		rc = lines_answer(line, (size_t)len);
	free(line);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
