/* Prints one line, then idles in its entrypoint: the smallest component with every object a component has.
 * Counterpart of the captured scenario log_only. */
#include "component.h"
#include "log.h"

const u32 component_stack_bytes = 16 * 1024;

void component_construct(struct entrypoint *entrypoint)
{
	(void)entrypoint;
	log_line("log_only: hello");
}
