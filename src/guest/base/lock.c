/* Queueing of a lock's applicants; the waiting and waking is thread_wait and thread_wake of thread.c.
 * Every field of a lock is owned by whoever holds the lock's spin lock. */
#include "lock.h"

#include "spin_lock.h"
#include "thread.h"

static void append(struct lock *lock, struct applicant *applicant)
{
	applicant->next = NULL;
	lock->last->next = applicant;
	lock->last = applicant;
}

/* takes a cancelled applicant out of the queue that starts behind the owner */
static void withdraw(struct lock *lock, struct applicant *applicant)
{
	struct applicant *before = &lock->owner;

	while (before->next && before->next != applicant)
		before = before->next;
	if (before->next != applicant)
		return;
	before->next = applicant->next;
	if (lock->last == applicant)
		lock->last = before;
}

void lock_initialise(struct lock *lock, enum lock_state state)
{
	lock->spin_lock = SPIN_LOCK_FREE;
	lock->state = UNLOCKED;
	lock->last = NULL;
	lock->owner.thread = LOCK_NOBODY;
	lock->owner.next = NULL;
	if (state == LOCKED)
		lock_take(lock);
}

bool lock_take(struct lock *lock)
{
	struct applicant myself = { thread_myself(), NULL };
	bool mine;

	spin_lock_often(&lock->spin_lock);
	if (lock->state == UNLOCKED) {
		lock->state = LOCKED;
		lock->owner = myself;
		lock->last = &lock->owner;
		spin_unlock(&lock->spin_lock);
		return true;
	}

	/* whoever queues behind itself waits for somebody else's release and must not look like the owner meanwhile */
	if (lock->owner.thread == myself.thread)
		lock->owner.thread = LOCK_NOBODY;
	append(lock, &myself);
	spin_unlock(&lock->spin_lock);

	thread_wait();

	spin_lock(&lock->spin_lock);
	mine = lock->owner.thread == myself.thread;
	if (!mine)
		withdraw(lock, &myself);
	spin_unlock(&lock->spin_lock);
	return mine;
}

void lock_release(struct lock *lock)
{
	struct applicant *next;

	spin_lock_often(&lock->spin_lock);
	next = lock->owner.next;
	if (!next) {
		lock->state = UNLOCKED;
		lock->last = NULL;
		lock->owner.thread = LOCK_NOBODY;
		spin_unlock(&lock->spin_lock);
		return;
	}
	/* the applicant's record lies on the stack of a thread that may run at once: copy it before waking */
	lock->owner = *next;
	if (lock->last == next)
		lock->last = &lock->owner;
	struct thread *const successor = lock->owner.thread;
	spin_unlock(&lock->spin_lock);
	thread_wake(successor);
}

noreturn_t sleep_forever(void)
{
	struct lock lock;

	lock_initialise(&lock, LOCKED);
	for (;;)
		lock_take(&lock);
}
