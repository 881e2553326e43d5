/*
 * What looks like a secret: for texts that come from elsewhere and are about to be shown.
 *
 *	if (!secret_suspected(line))
 *		err_wrap(err, "%s", line);
 *
 * A guess on the safe side: PEM blocks, age keys, tokens like those of a bundle, and runs of 32 or
 * more characters of base64 or hex that are not all small letters.
 */
#pragma once

#include <stdbool.h>

bool secret_suspected(const char *text); /* NULL: no */

/* Stars what stands in double quotes and looks like one; texts that quote a user's file go through
 * it, for the day that a key is pasted into the wrong field. */
void secret_mask(char *text);
