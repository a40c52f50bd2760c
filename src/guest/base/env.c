/* Owner of `env`. Order of the calls at start-up: genode-16.08-abi.md 3.4; retries: 5.3; abort path: 6. */
#include "env.h"

#include "cap_map.h"
#include "lock.h"
#include "log.h"
#include "memory.h"
#include "signal.h"
#include "stack_area.h"

enum {
	EMERGENCY_RESERVE_BYTES = 16 * 1024,
	UPGRADE_BYTES = 8192,
	CONTEXT_UPGRADE_BYTES = 4096,
	REQUEST_OVERHEAD_BYTES = 4096,
	ARGS_BYTES = 160,
	RETRY_LIMIT = 16,
};

#define STACK_AREA_BYTES 0x10000000u

struct env env;

noreturn_t uncaught_exception(const char *type)
{
	log_error("Uncaught exception of type '%s'", type);
	log_warning("abort called - thread: %s", thread_name());
	if (!text_equal(thread_name(), "main"))
		parent_exit(env.parent, 1);
	sleep_forever();
}

static void require(i32 code, const char *exception)
{
	if (code != RPC_OK)
		uncaught_exception(code <= -1000 ? exception : "Genode::Ipc_error");
}

static struct cap *basic_session(const char *name, u32 holders)
{
	struct cap *session = NULL;

	require(parent_session(env.parent, name, "", &session), "Genode::Parent::Service_denied");

	/* one reference came with the reply; further ones belong to the client objects built on the session
	   (counts measured in genode-base-foc.md 3.6 d) */
	for (u32 n = 1; n < holders; n++)
		cap_reference(session);
	return session;
}

static void attach_stack_area(void)
{
	struct attachment const everything = {
		.bytes = STACK_AREA_BYTES, .at_address = true, .address = STACK_AREA_BASE, .executable = true,
	};
	struct cap *address_space = NULL, *dataspace = NULL;
	u32 address;

	/* Genode's stack-area initialisation asks for the address space on its own */
	pd_address_space(env.pd, &address_space);
	region_map_dataspace(env.stack_area, &dataspace);
	region_map_attach(address_space, dataspace, &everything, &address);
	cap_drop(dataspace);
	cap_drop(address_space);
}

#if !defined(FLAVOUR_STOCK) || defined(FLAVOUR_TREE)
static void publish_cap_map(void)
{
	struct cap *native = NULL;

	if (pd_native_pd(env.pd, &native) == RPC_OK && native)
		native_pd_set_cap_map_info(native, (u32)&cap_index_allocator);
	cap_drop(native);
}
#endif

seldom void env_initialise(u32 parent_id)
{
	env.parent = cap_map_insert_at(parent_id, SLOT_PARENT);
	env.ram = basic_session("Env::ram_session", 2);
	env.cpu = basic_session("Env::cpu_session", 2);
	env.pd = basic_session("Env::pd_session", 5);
	pd_address_space(env.pd, &env.address_space);
	pd_stack_area(env.pd, &env.stack_area);
	attach_stack_area();
	ram_alloc(env.ram, EMERGENCY_RESERVE_BYTES, UNCACHED, &env.emergency_reserve);
#if !defined(FLAVOUR_STOCK) || defined(FLAVOUR_TREE)
	publish_cap_map();
#endif
}

static void upgrade(const char *name, struct cap *session, u32 bytes)
{
	char args[ARGS_BYTES];

	log_line("upgrading quota donation for %s (%u bytes)", name, bytes);
	print_text(args, sizeof(args), "ram_quota=%u", bytes);
	if (parent_upgrade(env.parent, session, args) != RPC_OK)
		uncaught_exception("Genode::Parent::Quota_exceeded");
}

/* asks the parent for more RAM and waits until it says that there is some */
static void request_ram(u32 bytes)
{
	static struct signal_receiver receiver;
	static struct signal_context context;
	static bool prepared;
	char args[ARGS_BYTES];

	print_text(args, sizeof(args), "ram_quota=%u", bytes + REQUEST_OVERHEAD_BYTES);
	log_line("resource_request: %s", args);
	if (!prepared) {
		prepared = true;
		signal_receiver_initialise(&receiver);
		parent_resource_avail_sigh(env.parent, signal_receiver_manage(&receiver, &context));
	}
	parent_resource_request(env.parent, args);
	signal_receiver_wait(&receiver, NULL);
}

struct cap *env_ram_alloc(u32 bytes, enum cache cache)
{
	struct cap *dataspace = NULL;
	i32 code = RPC_OK;

	for (u32 n = 0; n < RETRY_LIMIT; n++) {
		code = ram_alloc(env.ram, bytes, cache, &dataspace);
		if (code == RAM_OUT_OF_METADATA)
			upgrade("Env::RAM", env.ram, UPGRADE_BYTES);
		else if (code == RAM_QUOTA_EXCEEDED)
			request_ram(bytes);
		else
			break;
	}
	require(code, "Genode::Ram_session::Quota_exceeded");
	return dataspace;
}

static u32 attach(struct cap *map, struct cap *dataspace, const struct attachment *where)
{
	u32 address = 0;
	i32 code = RPC_OK;

	for (u32 n = 0; n < RETRY_LIMIT; n++) {
		code = region_map_attach(map, dataspace, where, &address);
		if (code != REGION_MAP_OUT_OF_METADATA)
			break;
		upgrade("Env::PD", env.pd, UPGRADE_BYTES);
	}
	require(code, "Genode::Region_map::Attach_failed");
	return address;
}

u32 env_attach(struct cap *map, struct cap *dataspace)
{
	struct attachment const anywhere = { .bytes = 0 };

	return attach(map, dataspace, &anywhere);
}

void env_attach_at(struct cap *map, struct cap *dataspace, u32 address, u32 bytes, bool executable)
{
	struct attachment const where = {
		.bytes = bytes, .at_address = true, .address = address, .executable = executable,
	};

	attach(map, dataspace, &where);
}

struct cap *env_create_thread(const char *name, u32 weight)
{
	struct cap *thread = NULL;
	i32 code = RPC_OK;

	for (u32 n = 0; n < RETRY_LIMIT; n++) {
		code = cpu_create_thread(env.cpu, env.pd, name, weight, &thread);
		if (code != CPU_OUT_OF_METADATA)
			break;
		upgrade("Env::CPU", env.cpu, UPGRADE_BYTES);
	}
	require(code, "Genode::Cpu_session::Thread_creation_failed");
	return thread;
}

struct cap *env_alloc_rpc_cap(struct cap *thread_gate)
{
	struct cap *cap = NULL;
	i32 code = RPC_OK;

	for (u32 n = 0; n < RETRY_LIMIT; n++) {
		code = pd_alloc_rpc_cap(env.pd, thread_gate, &cap);
		if (code != PD_OUT_OF_METADATA)
			break;
		parent_upgrade(env.parent, env.pd, "ram_quota=16K");
	}
	require(code, "Genode::Pd_session::Out_of_metadata");
	return cap;
}

struct cap *env_alloc_context(u32 imprint)
{
	struct cap *context = NULL;
	i32 code = RPC_OK;

	for (u32 n = 0; n < RETRY_LIMIT; n++) {
		/* core knows the signal source of the session and ignores the argument, which is never valid */
		code = pd_alloc_context(env.pd, NULL, imprint, &context);
		if (code != PD_ALLOC_CONTEXT_OUT_OF_METADATA)
			break;
		upgrade("PD session", env.pd, CONTEXT_UPGRADE_BYTES);
	}
	require(code, "Genode::Pd_session::Out_of_metadata");
	return context;
}

struct cap *env_session(const char *service, const char *args)
{
	struct cap *session = NULL;
	i32 code = parent_session(env.parent, service, args, &session);

	if (code == PARENT_QUOTA_EXCEEDED)
		uncaught_exception("Genode::Parent::Quota_exceeded");
	if (code == PARENT_UNAVAILABLE)
		uncaught_exception("Genode::Parent::Unavailable");
	require(code, "Genode::Parent::Service_denied");

	/* the connection keeps the capability and the client object built on it */
	return cap_reference(session);
}
