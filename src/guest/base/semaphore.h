/* Counting semaphore of one component: waiters queue up, each on a lock of its own. */
#pragma once

#include "lock.h"

struct semaphore_waiter {
	struct lock lock;
	struct semaphore_waiter *next;
};

struct semaphore {
	i32 count;
	struct lock meta;
	struct semaphore_waiter *first;
	struct semaphore_waiter *last;
};

void semaphore_initialise(struct semaphore *semaphore, i32 count);
void semaphore_up(struct semaphore *semaphore);
void semaphore_down(struct semaphore *semaphore);
