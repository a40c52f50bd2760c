/* Steps on locks and semaphores that threads contend for. */
#include "run.h"

#include "lock.h"
#include "semaphore.h"

enum { LOCKS = 16, SEMAPHORES = 8 };

POOL(locks, struct lock, LOCKS);
POOL(semaphores, struct semaphore, SEMAPHORES);

static bool lock_step(struct run *run, const struct xml_node *node)
{
	struct thing *made;

	if (!define(run, node, THING_LOCK, &made))
		return false;
	made->detail = pool_take(&locks);
	if (!made->detail) {
		thing_forget(made);
		return fail(run, "there are too many locks");
	}
	lock_initialise(made->detail, attribute_is(node, "locked", "yes") ? LOCKED : UNLOCKED);
	return true;
}

static bool take_step(struct run *run, const struct xml_node *node)
{
	struct thing *lock;

	if (!attribute_thing(run, node, "lock", THING_LOCK, &lock))
		return false;
	return lock_take(lock->detail) || fail(run, "Blocking_canceled");
}

static bool release_step(struct run *run, const struct xml_node *node)
{
	struct thing *lock;

	if (!attribute_thing(run, node, "lock", THING_LOCK, &lock))
		return false;
	lock_release(lock->detail);
	return true;
}

static bool semaphore_step(struct run *run, const struct xml_node *node)
{
	struct thing *made;
	u32 count;

	if (!attribute_number_or(run, node, "count", 0, &count) || !define(run, node, THING_SEMAPHORE, &made))
		return false;
	made->detail = pool_take(&semaphores);
	if (!made->detail) {
		thing_forget(made);
		return fail(run, "there are too many semaphores");
	}
	semaphore_initialise(made->detail, (i32)count);
	return true;
}

static bool up_step(struct run *run, const struct xml_node *node)
{
	struct thing *semaphore;

	if (!attribute_thing(run, node, "semaphore", THING_SEMAPHORE, &semaphore))
		return false;
	semaphore_up(semaphore->detail);
	return true;
}

static bool down_step(struct run *run, const struct xml_node *node)
{
	struct thing *semaphore;

	if (!attribute_thing(run, node, "semaphore", THING_SEMAPHORE, &semaphore))
		return false;
	semaphore_down(semaphore->detail);
	return true;
}

const struct step lock_steps[] = {
	{ "lock", lock_step }, { "take", take_step }, { "release", release_step }, { "semaphore", semaphore_step }, { "up", up_step }, { "down", down_step },
	{ NULL, NULL },
};
