/* Spin lock: 1 = free, 0 = held (genode-16.08-abi.md 3.3). Gives up the processor while somebody else holds it. */
#pragma once

#include "types.h"

enum { SPIN_LOCK_HELD = 0, SPIN_LOCK_FREE = 1 };

void spin_lock(volatile u32 *lock);
void spin_unlock(volatile u32 *lock);
