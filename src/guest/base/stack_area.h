/* The stack area: 1 MiB slots from 0x20000000, one per thread, slot 0 for the main thread. */
#pragma once

#include "thread.h"

/* RAM for the stack is attached so that it ends with the slot; the record at its top is filled in */
struct stack *stack_allocate(struct thread *thread, const char *name, u32 slot, u32 bytes);

/* gives memory and slot back; the next search starts at that slot */
void stack_release(struct stack *stack);

/* next-fit: the search starts behind the slot handed out last */
u32 stack_slot_allocate(void);
