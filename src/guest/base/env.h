/* The component's environment: its parent, its three basic sessions, and calls on them that retry
 * after donating more quota (genode-16.08-abi.md 3.4 #1-#10, 5.3). */
#pragma once

#include "cpu.h"
#include "parent.h"
#include "pd.h"
#include "ram.h"
#include "region_map.h"

struct env {
	struct cap *parent;
	struct cap *ram;
	struct cap *cpu;
	struct cap *pd;
	struct cap *address_space;
	struct cap *stack_area;
	struct cap *emergency_reserve;
};

extern struct env env;

void env_initialise(u32 parent_id);

/* these succeed or end the component */
struct cap *env_ram_alloc(u32 bytes, enum cache cache);
u32 env_attach(struct cap *map, struct cap *dataspace);
void env_attach_at(struct cap *map, struct cap *dataspace, u32 address, u32 bytes, bool executable);
struct cap *env_create_thread(const char *name, u32 weight);
struct cap *env_alloc_rpc_cap(struct cap *thread_gate);
struct cap *env_alloc_context(u32 imprint);
struct cap *env_session(const char *service, const char *args);

/* what Genode's terminate handler does with an exception that nobody catches */
noreturn_t uncaught_exception(const char *type);
