/* sheep_counter as a C++ program of Genode is built: its objects and the text of each line on a heap, the kernel entered from
 * wherever a thread waits. Does and logs the same; what its layout is for stands in sheep_on_heap/layout.ld. */
#include "component.h"
#include "env.h"
#include "log.h"
#include "print.h"
#include "sheep_on_heap/heap.h"
#include "timer_session.h"

enum { ROUND_MS = 1000, COUNTER_DATASPACE_BYTES = 4096, CHUNK_BYTES = 4096, LINE_BYTES = 32 };

const u32 component_stack_bytes = 16 * 1024;

static u32 chunk[CHUNK_BYTES / sizeof(u32)];
static struct heap heap;

/* where the counter lives; a scenario may look at it */
volatile u32 *sheep_counter;

static void log_count(void)
{
	char *line = heap_alloc(&heap, LINE_BYTES);

	print_text(line, LINE_BYTES, "%u sheep%s. zzZ", *sheep_counter, *sheep_counter == 1 ? "" : "s");
	log_line("%s", line);
	heap_free(&heap, line, LINE_BYTES);
}

void component_construct(struct entrypoint *entrypoint)
{
	struct timer *timer;
	struct cap *dataspace;

	(void)entrypoint;
	heap_initialise(&heap, chunk, sizeof(chunk), sizeof(chunk));
	log_line("Creating Timer session.");
	timer = heap_alloc(&heap, sizeof(*timer));
	timer_open(timer);

	log_line("Allocating and attaching memory and its dataspace.");
	dataspace = env_ram_alloc(COUNTER_DATASPACE_BYTES, CACHED);
	sheep_counter = (volatile u32 *)env_attach(env.address_space, dataspace);

	*sheep_counter = 1;
	for (;;) {
		log_count();
		*sheep_counter += 1;
		timer_sleep_ms(timer, ROUND_MS);
	}
}
