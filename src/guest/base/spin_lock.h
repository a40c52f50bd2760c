/* Spin lock: 1 = free, 0 = held (genode-16.08-abi.md 3.3). Gives up the processor while somebody else holds it.
 * The kernel drops the exclusive monitor on every entry. */
#pragma once

#include "types.h"

enum { SPIN_LOCK_HELD = 0, SPIN_LOCK_FREE = 1 };

/* false: somebody else holds it, or came in between */
static inline bool spin_lock_try(volatile u32 *lock)
{
	u32 old, failed;

	asm volatile("ldrex %0, [%1]" : "=&r"(old) : "r"(lock) : "memory");
	if (old != SPIN_LOCK_FREE)
		return false;
	asm volatile("strex %0, %1, [%2]" : "=&r"(failed) : "r"(SPIN_LOCK_HELD), "r"(lock) : "memory");
	return !failed;
}

void spin_lock(volatile u32 *lock);

/* the same where it is taken all the time and hardly ever held by somebody else */
inlined void spin_lock_often(volatile u32 *lock)
{
	if (!spin_lock_try(lock))
		spin_lock(lock);
}

static inline void spin_unlock(volatile u32 *lock)
{
	asm volatile("" : : : "memory");
	*lock = SPIN_LOCK_FREE;
}
