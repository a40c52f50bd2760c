/* Spin lock by exclusive load and store; the kernel drops the exclusive monitor on every entry. */
#include "spin_lock.h"

#include "syscall.h"

static bool try_take(volatile u32 *lock)
{
	u32 old, failed;

	do {
		asm volatile("ldrex %0, [%1]" : "=&r"(old) : "r"(lock) : "memory");
		if (old != SPIN_LOCK_FREE)
			return false;
		asm volatile("strex %0, %1, [%2]" : "=&r"(failed) : "r"(SPIN_LOCK_HELD), "r"(lock) : "memory");
	} while (failed);
	return true;
}

void spin_lock(volatile u32 *lock)
{
	while (!try_take(lock))
		kernel_yield();
}

void spin_unlock(volatile u32 *lock)
{
	asm volatile("" : : : "memory");
	*lock = SPIN_LOCK_FREE;
}
