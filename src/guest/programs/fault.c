/* Writes to an address where nothing is attached, after saying so: stays blocked in its page fault. */
#include "component.h"
#include "log.h"

#define NOWHERE 0x10000000u

const u32 component_stack_bytes = 16 * 1024;

void component_construct(struct entrypoint *entrypoint)
{
	(void)entrypoint;
	log_line("fault: about to write to %x", NOWHERE);
	*(volatile u32 *)NOWHERE = 42;
	log_line("fault: survived");
}
