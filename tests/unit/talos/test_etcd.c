/*
 * The calls about etcd: what is asked, byte for byte, and what answers mean, also broken ones.
 */
#include "talos/talos.h"

#include "base/own.h"
#include "base/str.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- requests -------------------------------------------------------------------------------- */

static const struct talos_etcd_members_request local = { .local = true };
static const struct talos_etcd_remove_request remove_300 = { .member = 300 };
static const struct talos_recover_request without_hash = { .skip_hash = true };
static const struct talos_recover_request whole = { .skip_hash = false };

static const struct {
	const char *name;
	const struct talos_method *method;
	const void *request;
	const char *bytes;
	size_t len;
} requests[] = {
	{ "members as others see them", &talos_etcd_members, NULL, "", 0 },
	{ "members as it sees them", &talos_etcd_members, &local, "\x08\x01", 2 },
	{ "a member by its number", &talos_etcd_remove, &remove_300, "\x08\xac\x02", 3 },
	{ "back from a snapshot", &talos_bootstrap_recover, &whole, "\x08\x01", 2 },
	{ "back from a copied file", &talos_bootstrap_recover, &without_hash, "\x08\x01\x10\x01",
	  4 },
};

Test(talos_etcd, asks_exactly_for_that)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct str out SCOPED(str_done) = STR_INIT(1 << 12);

		requests[i].method->pack(requests[i].request, &out);
		cr_assert_eq(out.len, requests[i].len, "%s: %zu bytes", requests[i].name, out.len);
		cr_assert_eq(memcmp(str_text(&out), requests[i].bytes, out.len), 0, "%s",
			     requests[i].name);
	}
}

/* ---- replies --------------------------------------------------------------------------------- */

static int unpack(const struct talos_method *method, struct arena *arena, const char *bytes,
		  size_t len, const void **out)
{
	const struct talos_message message = { .data = bytes, .len = len };
	struct err err = ERR_INIT;

	return method->unpack(arena, &message, out, &err);
}

/* messages { members { id: 300, hostname: "a", peer_urls: "p", is_learner: true } } */
static const char one_member[] =
	"\x0a\x0d\x1a\x0b\x10\xac\x02\x1a\x01\x61\x22\x01\x70\x30\x01";

Test(talos_etcd, a_member_has_all_its_fields)
{
	struct arena *arena OWNED(arena_free) = arena_new("test");
	const struct talos_etcd_members *members;
	const void *reply;

	cr_assert_eq(unpack(&talos_etcd_members, arena, one_member, sizeof(one_member) - 1,
			    &reply),
		     0);
	members = reply;
	cr_assert_eq(members->len, 1);
	cr_assert_eq(members->at[0].id, 300);
	cr_assert_str_eq(members->at[0].name, "a");
	cr_assert_str_eq(members->at[0].peers[0], "p");
	cr_assert_null(members->at[0].peers[1]);
	cr_assert_null(members->at[0].clients[0]);
	cr_assert(members->at[0].learner);
}

/* messages { member_alarms { member_id: 1, alarm: N } } */
#define ALARM(n) "\x0a\x06\x12\x04\x08\x01\x10" n

Test(talos_etcd, alarms_have_names)
{
	static const struct {
		const char *bytes, *name;
	} rows[] = {
		{ ALARM("\x01"), "NOSPACE" },
		{ ALARM("\x02"), "CORRUPT" },
		{ ALARM("\x09"), "of an unknown kind" },
		{ "\x0a\x04\x12\x02\x08\x01", NULL }, /* NONE is none */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const struct talos_etcd_alarms *alarms;
		const void *reply;

		cr_assert_eq(unpack(&talos_etcd_alarms, arena, rows[i].bytes,
				    strlen(rows[i].bytes), &reply),
			     0, "row %zu", i);
		alarms = reply;
		cr_assert_eq(alarms->len, rows[i].name ? 1 : 0, "row %zu", i);
		if (rows[i].name)
			cr_assert_str_eq(alarms->at[0].name, rows[i].name);
	}
}

static const struct talos_method *const methods[] = {
	&talos_etcd_members,
	&talos_etcd_status,
	&talos_etcd_recover,
	&talos_etcd_forfeit,
	&talos_bootstrap_recover,
	&talos_etcd_leave,
	&talos_etcd_remove,
	&talos_etcd_alarms,
	&talos_etcd_disarm,
	&talos_etcd_defragment,
};

/* A node that lies about its lengths is an error of every call, and never more than that. */
Test(talos_etcd, what_is_cut_short_is_an_error)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		struct arena *arena OWNED(arena_free) = arena_new("test");
		const void *reply;

		cr_assert_lt(unpack(methods[i], arena, "\x0a\x7f\x1a", 3, &reply), 0, "%s",
			     methods[i]->name);
	}
}
