/*
 * The main of a fuzz target that is built without libFuzzer: replays every file of a corpus folder
 * and fails when there is nothing to replay.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}

	char *data = NULL;
	size_t size = 0;
	FILE *copy = open_memstream(&data, &size);
	if (!copy)
		abort();
	for (int c = getc(file); c != EOF; c = getc(file))
		putc(c, copy);
	fclose(copy);
	fclose(file);

	/* a copy of exactly that size, so that reading one byte too far is seen */
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		abort();
	memcpy(exact, data, size);
	free(data);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 2;
	}

	struct dirent **entries = NULL;
	int count = scandir(argv[1], &entries, is_visible, alphasort);
	if (count < 0)
		perror(argv[1]);

	int bad = count <= 0;
	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
		bad |= replay_file(path) < 0;
		free(entries[i]);
	}
	free(entries);
	printf("replayed %d files of %s\n", count < 0 ? 0 : count, argv[1]);
	return bad;
}
