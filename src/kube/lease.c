#include "kube/lease.h"

#include "kube/kube_impl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define STANDARD_SECONDS 30
#define RENEWALS 3 /* per duration */

static uint64_t duration(const struct kube_lease *lease)
{
	return lease->options.seconds * SECOND;
}

static uint64_t interval(const struct kube_lease *lease)
{
	return duration(lease) / RENEWALS;
}

static uint64_t now(const struct kube_lease *lease)
{
	return loop_now(lease->kube->loop);
}

/* The one place that sets the state. */
static void become(struct kube_lease *lease, enum kube_lease_state state)
{
	static const unsigned from[] = {
		[KUBE_LEASE_IDLE] = ~0U,
		[KUBE_LEASE_READING] = 1U << KUBE_LEASE_IDLE | 1U << KUBE_LEASE_WAITING |
				       1U << KUBE_LEASE_WRITING,
		[KUBE_LEASE_WAITING] = 1U << KUBE_LEASE_READING | 1U << KUBE_LEASE_WRITING,
		[KUBE_LEASE_WRITING] = 1U << KUBE_LEASE_READING,
		[KUBE_LEASE_HELD] = 1U << KUBE_LEASE_WRITING | 1U << KUBE_LEASE_RENEWING,
		[KUBE_LEASE_RENEWING] = 1U << KUBE_LEASE_HELD | 1U << KUBE_LEASE_RENEWING,
		[KUBE_LEASE_RELEASING] = 1U << KUBE_LEASE_READING | 1U << KUBE_LEASE_WAITING |
					 1U << KUBE_LEASE_WRITING | 1U << KUBE_LEASE_HELD |
					 1U << KUBE_LEASE_RENEWING | 1U << KUBE_LEASE_RELEASING,
	};

	assert(from[state] & 1U << lease->state);
	lease->state = state;
}

bool kube_lease_is_held(const struct kube_lease *lease)
{
	return lease->state == KUBE_LEASE_HELD || lease->state == KUBE_LEASE_RENEWING;
}

/* Everything stops; the options' texts and the record stay for a word to the user. */
static void stop(struct kube_lease *lease)
{
	kube_call_done(&lease->call);
	timer_cancel(&lease->timer);
	become(lease, KUBE_LEASE_IDLE);
}

void kube_lease_done(struct kube_lease *lease)
{
	if (lease->kube)
		stop(lease);
	arena_free(lease->arena);
	arena_free(lease->record_arena);
	*lease = (struct kube_lease){ .state = KUBE_LEASE_IDLE };
}

static void refused(struct kube_lease *lease, const struct err *why)
{
	struct err err = *why;

	stop(lease);
	lease->ops->on_refused(lease, &err);
}

static void lost(struct kube_lease *lease, const struct err *why)
{
	struct err err = *why;

	stop(lease);
	err_wrap(&err, "hold the lease %s", lease->options.name);
	lease->ops->on_lost(lease, &err);
}

static void released(struct kube_lease *lease, const struct err *why)
{
	struct err err = *why;

	stop(lease);
	if (lease->ops->on_released)
		lease->ops->on_released(lease, &err);
}

/* What the server has is ours to remember: the call's reply goes with the next call. */
static void remember(struct kube_lease *lease, const struct value *record)
{
	arena_free(lease->record_arena);
	lease->record_arena = arena_new("lease");
	lease->record = record ? value_copy(lease->record_arena, record) : NULL;
}

static const struct value *spec(const struct kube_lease *lease)
{
	return value_get(lease->record, "spec");
}

static const char *holder(const struct kube_lease *lease)
{
	const char *name = value_get_text(spec(lease), "holderIdentity");

	return name ? name : "";
}

static bool is_ours(const struct kube_lease *lease)
{
	return strcmp(holder(lease), lease->options.holder) == 0;
}

/* By our wall clock. One that says nothing of its renewal is held by nobody. */
static bool has_expired(const struct kube_lease *lease)
{
	const char *text = value_get_text(spec(lease), "renewTime");
	uint64_t seconds = 0, renewed;

	if (!text || time_parse(text, &renewed) < 0)
		return true;
	value_u64(value_get(spec(lease), "leaseDurationSeconds"), &seconds);
	if (seconds > DAY / SECOND)
		seconds = DAY / SECOND;
	return loop_wall(lease->kube->loop) > renewed + seconds * SECOND;
}

/* Times of a Lease have microseconds; those of ours are whole milliseconds. */
static const struct value *time_value(struct arena *arena, uint64_t wall)
{
	char text[TIME_TEXT_MAX];

	time_text_ms(wall, text);
	text[strcspn(text, "Z")] = '\0';
	return value_strf(arena, "%s000Z", text);
}

/* The Lease as it shall be: held by us from now on, or by nobody. What others put into it stays. */
static const struct value *wanted(const struct kube_lease *lease, struct arena *arena,
				  const char *name)
{
	uint64_t wall = loop_wall(lease->kube->loop);
	struct map_builder *metadata = map_begin(arena);
	struct map_builder *map = map_begin(arena);
	struct map_builder *says = map_begin(arena);
	uint64_t transitions = 0;
	bool changes = lease->record && strcmp(holder(lease), name) != 0;

	value_u64(value_get(spec(lease), "leaseTransitions"), &transitions);
	map_add(metadata, "name", value_str(arena, lease->options.name));
	map_add(metadata, "namespace", value_str(arena, lease->options.ns));
	map_add(says, "holderIdentity", value_str(arena, name));
	map_add(says, "leaseDurationSeconds",
		value_of_u64(arena, *name ? lease->options.seconds : 1));
	map_add(says, "renewTime", time_value(arena, wall));
	if (*name && (changes || !lease->record))
		map_add(says, "acquireTime", time_value(arena, wall));
	map_add(says, "leaseTransitions",
		value_of_u64(arena, transitions + (*name && changes ? 1 : 0)));
	map_add(map, "apiVersion", value_str(arena, kube_leases.api_version));
	map_add(map, "kind", value_str(arena, kube_leases.kind));
	map_add(map, "metadata", map_end(metadata));
	map_add(map, "spec", map_end(says));
	return lease->record ? value_merge(arena, lease->record, map_end(map)) : map_end(map);
}

static void write_lease(struct kube_lease *lease, const char *name, const struct kube_call_ops *ops)
{
	struct arena *arena OWNED(arena_free) = arena_new("lease");

	lease->asked = now(lease);
	kube_start(&lease->call, lease->kube,
		   &(struct kube_request){
			   .verb = lease->record ? KUBE_UPDATE : KUBE_CREATE,
			   .kind = &kube_leases,
			   .body = wanted(lease, arena, name),
			   .timeout = interval(lease) / 2,
		   },
		   ops);
}

static void read_lease(struct kube_lease *lease, const struct kube_call_ops *ops)
{
	kube_start(&lease->call, lease->kube,
		   &(struct kube_request){
			   .verb = KUBE_GET,
			   .kind = &kube_leases,
			   .ns = lease->options.ns,
			   .name = lease->options.name,
			   .timeout = interval(lease) / 2,
		   },
		   ops);
}

static bool is_passing(const struct err *err)
{
	return err->kind == ERR_NET || err->kind == ERR_TIMEOUT || kube_says_busy(err);
}

static void renewal_wrote(struct kube_call *call, const struct err *err);
static void renewal_read(struct kube_call *call, const struct err *err);
static void look_read(struct kube_call *call, const struct err *err);
static void take_wrote(struct kube_call *call, const struct err *err);
static void release_wrote(struct kube_call *call, const struct err *err);

static const struct kube_call_ops look_ops = { look_read };
static const struct kube_call_ops take_ops = { take_wrote };
static const struct kube_call_ops renewal_ops = { renewal_wrote };
static const struct kube_call_ops doubt_ops = { renewal_read };
static const struct kube_call_ops release_ops = { release_wrote };

static void look(struct kube_lease *lease)
{
	become(lease, KUBE_LEASE_READING);
	read_lease(lease, &look_ops);
}

static void wait_and_look(struct kube_lease *lease)
{
	become(lease, KUBE_LEASE_WAITING);
	timer_set(&lease->timer, now(lease) + interval(lease));
}

static void write_ours(struct kube_lease *lease)
{
	become(lease, KUBE_LEASE_WRITING);
	write_lease(lease, lease->options.holder, &take_ops);
}

/* Expired by our clock, which may be wrong: it has to stay unrenewed while we look, too. */
static void doubt_expired(struct kube_lease *lease)
{
	const char *version = kube_version(lease->record);

	if (strcmp(lease->seen, version) == 0 &&
	    now(lease) >= lease->seen_since + interval(lease)) {
		write_ours(lease);
		return;
	}
	if (strcmp(lease->seen, version) != 0) {
		snprintf(lease->seen, sizeof(lease->seen), "%s", version);
		lease->seen_since = now(lease);
	}
	wait_and_look(lease);
}

static void somebody_has_it(struct kube_lease *lease)
{
	const char *since = value_get_text(spec(lease), "acquireTime");
	struct err err = ERR_INIT;
	uint64_t wall;

	if (now(lease) < lease->began + lease->options.patience) {
		wait_and_look(lease);
		return;
	}
	if (since && time_parse(since, &wall) == 0) {
		char text[TIME_TEXT_MAX];

		err_set(&err, ERR_REFUSED, "%.200s is at work since %s", holder(lease),
			time_text(wall, text));
	} else {
		err_set(&err, ERR_REFUSED, "%.200s is at work", holder(lease));
	}
	err_hint(&err, "wait until it is done; a lease that is not renewed expires after %u s",
		 lease->options.seconds);
	refused(lease, &err);
}

static void look_read(struct kube_call *call, const struct err *err)
{
	struct kube_lease *lease = container_of(call, struct kube_lease, call);

	if (err_is_set(err) && err->kind != ERR_NOT_FOUND) {
		if (is_passing(err) && now(lease) < lease->began + lease->options.patience)
			wait_and_look(lease);
		else
			refused(lease, err);
		return;
	}
	remember(lease, err_is_set(err) ? NULL : call->reply);
	if (!lease->record || !*holder(lease) || is_ours(lease))
		write_ours(lease);
	else if (has_expired(lease))
		doubt_expired(lease);
	else
		somebody_has_it(lease);
}

static void hold(struct kube_lease *lease)
{
	lease->renewed = lease->asked;
	become(lease, KUBE_LEASE_HELD);
	timer_set(&lease->timer, lease->renewed + interval(lease));
}

static void give_back(struct kube_lease *lease)
{
	become(lease, KUBE_LEASE_RELEASING);
	if (lease->record && is_ours(lease))
		write_lease(lease, "", &release_ops);
	else
		timer_set(&lease->timer, now(lease));
}

static void take_wrote(struct kube_call *call, const struct err *err)
{
	struct kube_lease *lease = container_of(call, struct kube_lease, call);

	if (lease->release_due) {
		if (!err_is_set(err))
			remember(lease, call->reply);
		give_back(lease);
		return;
	}
	/* somebody was faster: what is there now tells who */
	if (err->kind == ERR_CONFLICT || err->kind == ERR_NOT_FOUND) {
		look(lease);
		return;
	}
	if (err_is_set(err)) {
		if (is_passing(err) && now(lease) < lease->began + lease->options.patience)
			wait_and_look(lease);
		else
			refused(lease, err);
		return;
	}
	remember(lease, call->reply);
	hold(lease);
	lease->ops->on_held(lease);
}

static void renew(struct kube_lease *lease)
{
	become(lease, KUBE_LEASE_RENEWING);
	write_lease(lease, lease->options.holder, &renewal_ops);
}

/* After a failure: once more, unless what was granted is over. */
static void renew_later(struct kube_lease *lease, const struct err *err)
{
	if (now(lease) + interval(lease) / 4 >= lease->renewed + duration(lease)) {
		lost(lease, err);
		return;
	}
	become(lease, KUBE_LEASE_HELD);
	timer_set(&lease->timer, now(lease) + interval(lease) / 4);
}

static void renewal_wrote(struct kube_call *call, const struct err *err)
{
	struct kube_lease *lease = container_of(call, struct kube_lease, call);

	if (!err_is_set(err)) {
		remember(lease, call->reply);
		hold(lease);
	} else if (err->kind == ERR_CONFLICT || err->kind == ERR_NOT_FOUND) {
		become(lease, KUBE_LEASE_RENEWING);
		read_lease(lease, &doubt_ops);
		return;
	} else if (!is_passing(err)) {
		lost(lease, err);
		return;
	} else {
		renew_later(lease, err);
	}
	if (lease->release_due && kube_lease_is_held(lease))
		give_back(lease);
}

/* Somebody wrote it beside us: is it still ours? */
static void renewal_read(struct kube_call *call, const struct err *err)
{
	struct kube_lease *lease = container_of(call, struct kube_lease, call);
	struct err why = ERR_INIT;

	if (err_is_set(err) && is_passing(err)) {
		renew_later(lease, err);
	} else if (err_is_set(err)) {
		lost(lease, err);
		return;
	} else {
		remember(lease, call->reply);
		if (!is_ours(lease)) {
			err_set(&why, ERR_CONFLICT, "%.200s has it now",
				*holder(lease) ? holder(lease) : "nobody");
			lost(lease, &why);
			return;
		}
		renew(lease);
		return;
	}
	if (lease->release_due && kube_lease_is_held(lease))
		give_back(lease);
}

static void release_wrote(struct kube_call *call, const struct err *err)
{
	struct kube_lease *lease = container_of(call, struct kube_lease, call);
	struct err none = ERR_INIT;

	/* another's by now: then it is not ours any more, which was the wish */
	released(lease, err->kind == ERR_CONFLICT || err->kind == ERR_NOT_FOUND ? &none : err);
}

static void time_is_up(struct timer *timer)
{
	struct kube_lease *lease = container_of(timer, struct kube_lease, timer);
	struct err none = ERR_INIT;

	if (lease->state == KUBE_LEASE_WAITING)
		look(lease);
	else if (lease->state == KUBE_LEASE_HELD)
		renew(lease);
	else if (lease->state == KUBE_LEASE_RELEASING)
		released(lease, &none);
}

void kube_lease_take(struct kube_lease *lease, struct kube *kube,
		     const struct kube_lease_options *options, const struct kube_lease_ops *ops)
{
	assert(lease->state == KUBE_LEASE_IDLE && options->holder && *options->holder);
	struct arena *arena = arena_new("lease options");

	arena_free(lease->record_arena);
	struct kube_lease fresh = { .ops = ops, .kube = kube, .arena = arena, .options = *options };
	fresh.options.ns = arena_str(arena, options->ns ? options->ns : KUBE_LEASE_NAMESPACE);
	fresh.options.name = arena_str(arena, options->name ? options->name : KUBE_LEASE_NAME);
	fresh.options.holder = arena_str(arena, options->holder);
	if (!options->seconds)
		fresh.options.seconds = STANDARD_SECONDS;
	arena_free(lease->arena);
	*lease = fresh;
	lease->began = now(lease);
	timer_init(&lease->timer, kube->loop, time_is_up);
	look(lease);
}

void kube_lease_release(struct kube_lease *lease)
{
	if (lease->state == KUBE_LEASE_IDLE || lease->state == KUBE_LEASE_RELEASING)
		return;
	if (lease->state == KUBE_LEASE_RENEWING || lease->state == KUBE_LEASE_WRITING) {
		lease->release_due = true;
		return;
	}
	kube_call_done(&lease->call);
	timer_cancel(&lease->timer);
	give_back(lease);
}
