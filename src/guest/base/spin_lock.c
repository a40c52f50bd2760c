/* Waiting for a spin lock. */
#include "spin_lock.h"

#include "syscall.h"

void spin_lock(volatile u32 *lock)
{
	while (!spin_lock_try(lock))
		if (*lock != SPIN_LOCK_FREE)
			kernel_yield();
}
