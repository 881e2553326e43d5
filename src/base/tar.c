#include "base/gzip.h"

#include "base/fs.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK ((size_t)512)
#define SIZE_LIMIT ((uint64_t)1 << 33) /* eleven octal digits */

struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char user[32], group[32];
	char device_major[8], device_minor[8];
	char prefix[155];
	char rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

/* Octal digits, spaces before them, ended by a space, a NUL or the end of the field. */
static bool read_octal(const char *field, size_t size, uint64_t *out)
{
	uint64_t number = 0;
	size_t i = 0;

	while (i < size && field[i] == ' ')
		i++;

	size_t start = i;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		number = number << 3 | (uint64_t)(field[i] - '0');
	if (i == start || (i < size && field[i] != ' ' && field[i] != '\0'))
		return false;
	*out = number;
	return true;
}

/* The sum of all bytes with the checksum itself taken as spaces. */
static uint64_t checksum(const struct header *header)
{
	const unsigned char *at = (const unsigned char *)header;
	size_t start = offsetof(struct header, checksum);
	uint64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i - start < sizeof(header->checksum) ? ' ' : at[i];
	return sum;
}

static bool is_end(const struct header *header)
{
	static const struct header zeros;

	return memcmp(header, &zeros, BLOCK) == 0;
}

static bool is_file(const struct header *header)
{
	return header->type == '0' || header->type == '\0' || header->type == '7';
}

/* Types of entries that have no data whatever their size says: links, devices, folders, pipes. */
static bool has_data(const struct header *header)
{
	return header->type < '1' || header->type > '6';
}

static bool is_named(const struct header *header, const char *name)
{
	char text[sizeof(header->name) + 1] = "";

	memcpy(text, header->name, sizeof(header->name));
	return strcmp(fs_base(text), name) == 0;
}

int tar_find(const void *data, size_t len, const char *name, const void **file, size_t *file_len,
	     struct err *err)
{
	const unsigned char *at = data;

	while (len > 0) {
		struct header header;
		uint64_t sum, size;

		if (len < BLOCK)
			return err_set(err, ERR_REMOTE, "tar archive is cut short");
		memcpy(&header, at, BLOCK);
		if (is_end(&header))
			break;
		if (!read_octal(header.checksum, sizeof(header.checksum), &sum) ||
		    sum != checksum(&header) ||
		    !read_octal(header.size, sizeof(header.size), &size))
			return err_set(err, ERR_REMOTE, "tar archive is damaged");
		at += BLOCK;
		len -= BLOCK;
		if (!has_data(&header))
			size = 0;
		if (size > len)
			return err_set(err, ERR_REMOTE, "tar archive is cut short");
		if (is_file(&header) && is_named(&header, name)) {
			*file = at;
			*file_len = (size_t)size;
			return 0;
		}

		size_t step = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
		step = step < len ? step : len;
		at += step;
		len -= step;
	}
	return err_set(err, ERR_NOT_FOUND, "no file %s in the tar archive", name);
}

static void fill_header(struct header *header, const char *name, size_t len)
{
	memcpy(header->name, name, strlen(name));
	snprintf(header->mode, sizeof(header->mode), "%07o", 0644u);
	snprintf(header->uid, sizeof(header->uid), "%07o", 0u);
	snprintf(header->gid, sizeof(header->gid), "%07o", 0u);
	snprintf(header->size, sizeof(header->size), "%011llo", (unsigned long long)len);
	snprintf(header->mtime, sizeof(header->mtime), "%011o", 0u);
	header->type = '0';
	memcpy(header->magic, "ustar", sizeof(header->magic));
	memcpy(header->version, "00", sizeof(header->version));
	snprintf(header->checksum, sizeof(header->checksum), "%06o", (unsigned)checksum(header));
	header->checksum[7] = ' ';
}

void tar_add(struct str *out, const char *name, const void *data, size_t len)
{
	struct header header = { 0 };
	size_t padding = (BLOCK - len % BLOCK) % BLOCK;

	assert(strlen(name) <= sizeof(header.name) && len < SIZE_LIMIT);
	/* All or nothing: half an archive would pass as a whole one until somebody reads it. */
	if (BLOCK + len + padding + 2 * BLOCK > out->max - out->len) {
		out->full = true;
		return;
	}
	fill_header(&header, name, len);
	str_addn(out, &header, sizeof(header));
	str_addn(out, data, len);
	str_pad(out, '\0', padding + 2 * BLOCK);
}
