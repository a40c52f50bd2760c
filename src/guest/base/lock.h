/* Lock with hand-over: the owner passes it to the first applicant (genode-16.08-abi.md 3.3, genode-base-foc.md 5).
 * An applicant waits on its own thread's IRQ object. A lock made locked is owned by its maker, who queues behind itself. */
#pragma once

#include "types.h"

struct thread;

enum lock_state { LOCKED = 0, UNLOCKED = 1 };

struct applicant {
	struct thread *thread;
	struct applicant *next;
};

struct lock {
	volatile u32 spin_lock;
	u32 state;
	struct applicant *last;
	struct applicant owner;
};

#if defined(__arm__)
_Static_assert(sizeof(struct lock) == 20, "lock");
_Static_assert(offsetof(struct lock, owner) == 0xc, "owner");
#endif

#define LOCK_NOBODY ((struct thread *)~0u)
#define LOCK_INITIALISER { 1, UNLOCKED, NULL, { LOCK_NOBODY, NULL } }

void lock_initialise(struct lock *lock, enum lock_state state);

/* false: the wait was cancelled (the thread's IRQ was triggered by somebody who did not pass the lock) */
bool lock_take(struct lock *lock);
void lock_release(struct lock *lock);

noreturn_t sleep_forever(void);
