/* From the first stack to the entrypoint (genode-16.08-abi.md 3.2). Owner of the main thread's object. */
#include "cap_map.h"
#include "component.h"
#include "env.h"
#include "thread.h"
#include "utcb.h"

/* the main thread's gate has no id of its own in the map; its parent never tells it */
enum { MAIN_THREAD_ID = 1 };

extern const u32 _parent_cap[];

u32 init_main_thread(void);
noreturn_t _main(void);

/* runs on the first stack; returns the stack pointer to continue with */
u32 init_main_thread(void)
{
	static struct thread main_thread;
	struct utcb *u = utcb();

	cap_index_initialise();
	u->own_gate = cap_map_insert_at(MAIN_THREAD_ID, SLOT_THREAD_AREA);
	u->thread = NULL;
	env_initialise(_parent_cap[0]);
	return thread_adopt_main(&main_thread);
}

noreturn_t _main(void)
{
	entrypoint_run_component();
}
