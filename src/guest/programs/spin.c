/* Never gives up the processor after its one line: the case of a checkpoint in user mode. */
#include "component.h"
#include "log.h"

const u32 component_stack_bytes = 16 * 1024;

/* a scenario can watch it grow */
volatile u32 spin_rounds;

void component_construct(struct entrypoint *entrypoint)
{
	(void)entrypoint;
	log_line("spin: spinning");
	for (;;)
		spin_rounds++;
}
