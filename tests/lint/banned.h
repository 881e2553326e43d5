/*
 * Forced into every source of ours, tests included: calling one of these does not compile. Each
 * has a bounded, reentrant or injected replacement (snprintf, base/str.h, base/clock.h,
 * crypto/random.h, loop/timer.h).
 */
#pragma once

#include <sys/types.h>

struct tm;

#define BANNED(why) __attribute__((unavailable("banned: " why)))

char *strcpy(char *, const char *) BANNED("knows no limit, use base/str.h");
char *strcat(char *, const char *) BANNED("knows no limit, use base/str.h");
int sprintf(char *, const char *, ...) BANNED("knows no limit, use snprintf");
char *gets(char *) BANNED("knows no limit");
char *strtok(char *, const char *) BANNED("keeps state, use base/text.h");
struct tm *gmtime(const time_t *) BANNED("keeps state, use gmtime_r");
struct tm *localtime(const time_t *) BANNED("keeps state and depends on the machine");
int atoi(const char *) BANNED("reports no error");
int rand(void) BANNED("randomness is a parameter");
long random(void) BANNED("randomness is a parameter");
int system(const char *) BANNED("takes a shell, use loop/process.h");
unsigned sleep(unsigned) BANNED("time is a parameter, use loop/timer.h");
int usleep(__useconds_t) BANNED("time is a parameter, use loop/timer.h");

#undef BANNED
