#include "ops/quorum.h"

#include "base/own.h"
#include "base/str.h"

#define NAMES_MAX 200

size_t quorum_needed(size_t voters)
{
	return voters / 2 + 1;
}

struct tally {
	size_t voters, healthy;	 /* before */
	size_t going, left_well; /* voters that go; healthy voters that stay */
	size_t goers;		 /* voters and learners that go */
};

static struct tally count_members(const struct quorum_member *members, size_t count)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < count; i++) {
		tally.goers += members[i].goes;
		if (members[i].learner)
			continue;
		tally.voters++;
		tally.healthy += members[i].healthy;
		tally.going += members[i].goes;
		tally.left_well += members[i].healthy && !members[i].goes;
	}
	return tally;
}

static bool is_listed(const struct quorum_member *member, bool going)
{
	if (going)
		return member->goes;
	return !member->learner && !member->healthy && !member->goes;
}

/* "cp-1, cp-2 and cp-3" */
static const char *list_names(struct str *out, const struct quorum_member *members, size_t count,
			      bool going)
{
	size_t left = 0;
	bool first = true;

	for (size_t i = 0; i < count; i++)
		left += is_listed(&members[i], going);
	for (size_t i = 0; i < count; i++) {
		if (!is_listed(&members[i], going))
			continue;
		left--;
		str_addf(out, "%s%s", first ? "" : left == 0 ? " and "
							     : ", ",
			 members[i].name);
		first = false;
	}
	return str_text(out);
}

int quorum_check(const struct quorum_member *members, size_t count, enum quorum_change change,
		 const char *doing, struct err *err)
{
	struct str going SCOPED(str_done) = STR_INIT(NAMES_MAX);
	struct str ill SCOPED(str_done) = STR_INIT(NAMES_MAX);
	struct tally tally = count_members(members, count);
	size_t needed = quorum_needed(tally.voters);

	/* Alone it has no majority to lose: that is an outage, not a loss. */
	if (tally.goers == 0 || (tally.voters == 1 && tally.going == 1 && change == QUORUM_DOWN))
		return 0;
	list_names(&going, members, count, true);
	if (tally.healthy < needed)
		return err_set(err, ERR_REFUSED,
			       "%s %s: only %zu of %zu etcd members are healthy; %zu are needed",
			       doing, str_text(&going), tally.healthy, tally.voters, needed);
	if (tally.left_well >= needed)
		return 0;
	if (tally.voters - tally.going == tally.left_well)
		return err_set(err, ERR_REFUSED,
			       "%s %s would leave %zu of %zu etcd members; %zu are needed", doing,
			       str_text(&going), tally.left_well, tally.voters, needed);
	return err_set(err, ERR_REFUSED,
		       "%s %s would leave %zu healthy ones of %zu etcd members (%s not healthy); "
		       "%zu are needed",
		       doing, str_text(&going), tally.left_well, tally.voters,
		       list_names(&ill, members, count, false), needed);
}
