/*
 * An imported workspace as a folder: all of it or nothing.
 *
 * The files are written into a folder beside it, which then takes the name. ERR_CONFLICT when the
 * folder exists and is not empty.
 */
#pragma once

#include "convert/talhelper.h"

int talhelper_write(const struct talhelper_workspace *made, const char *folder, struct err *err);
