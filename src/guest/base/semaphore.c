/* Counting semaphore; a negative count is the number of waiters.
 * All fields are owned by the holder of `meta`. */
#include "semaphore.h"

void semaphore_initialise(struct semaphore *semaphore, i32 count)
{
	semaphore->count = count;
	semaphore->first = semaphore->last = NULL;
	lock_initialise(&semaphore->meta, UNLOCKED);
}

void semaphore_up(struct semaphore *semaphore)
{
	struct semaphore_waiter *waiter;

	lock_take(&semaphore->meta);
	semaphore->count++;
	waiter = semaphore->first;
	if (waiter) {
		semaphore->first = waiter->next;
		if (!semaphore->first)
			semaphore->last = NULL;
	}
	lock_release(&semaphore->meta);
	if (waiter)
		lock_release(&waiter->lock);
}

void semaphore_down(struct semaphore *semaphore)
{
	struct semaphore_waiter waiter;

	lock_take(&semaphore->meta);
	if (--semaphore->count >= 0) {
		lock_release(&semaphore->meta);
		return;
	}
	lock_initialise(&waiter.lock, LOCKED);
	waiter.next = NULL;
	if (semaphore->last)
		semaphore->last->next = &waiter;
	else
		semaphore->first = &waiter;
	semaphore->last = &waiter;
	lock_release(&semaphore->meta);

	/* a cancelled wait goes on: the waiter's record must not leave the queue before an up() took it */
	while (!lock_take(&waiter.lock))
		;
}
