/* Counts sheep in a dataspace of its own, one per second: the classic target of checkpoint and restore.
 * Counterpart of the captured scenarios sheep and rtcr_restore; never returns from its construction. */
#include "component.h"
#include "env.h"
#include "log.h"
#include "timer_session.h"

enum { ROUND_MS = 1000, COUNTER_DATASPACE_BYTES = 4096 };

const u32 component_stack_bytes = 16 * 1024;

static struct timer timer;

/* where the counter lives; a scenario may look at it */
volatile u32 *sheep_counter;

void component_construct(struct entrypoint *entrypoint)
{
	struct cap *dataspace;

	(void)entrypoint;
	log_line("Creating Timer session.");
	timer_open(&timer);

	log_line("Allocating and attaching memory and its dataspace.");
	dataspace = env_ram_alloc(COUNTER_DATASPACE_BYTES, CACHED);
	sheep_counter = (volatile u32 *)env_attach(env.address_space, dataspace);

	*sheep_counter = 1;
	for (;;) {
		log_line("%u sheep%s. zzZ", *sheep_counter, *sheep_counter == 1 ? "" : "s");
		*sheep_counter += 1;
		timer_sleep_ms(&timer, ROUND_MS);
	}
}
