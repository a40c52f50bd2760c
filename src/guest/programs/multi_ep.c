/* Three entrypoints with an RPC object each and a plain thread that blocks on a lock.
 * Counterpart of the captured scenario multi_ep. */
#include "component.h"
#include "log.h"
#include "rpc.h"

enum { OP_VALUE = 0, ENTRYPOINT_STACK_BYTES = 16 * 1024, THREAD_STACK_BYTES = 8 * 1024 };

const u32 component_stack_bytes = 16 * 1024;

struct value {
	struct rpc_object object;
	u32 value;
};

static struct entrypoint ep_one, ep_two;
static struct value values[3];
static struct thread my_thread;
static struct lock gate_lock;

static i32 dispatch_value(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	(void)request;
	if (opcode != OP_VALUE)
		return RPC_INVALID_OPCODE;
	message_put_word(reply, CONTAINER_OF(object, struct value, object)->value);
	return RPC_OK;
}

static struct cap *manage_value(struct entrypoint *entrypoint, struct value *value, u32 number)
{
	value->object.dispatch = dispatch_value;
	value->value = number;
	return rpc_entrypoint_manage(&entrypoint->rpc, &value->object);
}

static u32 value_of(struct cap *cap)
{
	u32 value = 0;

	if (rpc_plain_word(cap, OP_VALUE, &value) != RPC_OK)
		log_error("multi_ep: no answer");
	return value;
}

static void log_and_block(struct thread *thread)
{
	(void)thread;
	log_line("multi_ep: my_thread running");
	lock_take(&gate_lock);
}

static const struct thread_kind my_thread_kind = { log_and_block };

void component_construct(struct entrypoint *entrypoint)
{
	struct cap *c0, *c1, *c2;
	u32 one, two;

	lock_initialise(&gate_lock, LOCKED);
	entrypoint_create(&ep_one, "ep_one", ENTRYPOINT_STACK_BYTES);
	entrypoint_create(&ep_two, "ep_two", ENTRYPOINT_STACK_BYTES);
	c0 = manage_value(entrypoint, &values[0], 41);
	c1 = manage_value(&ep_one, &values[1], 42);
	c2 = manage_value(&ep_two, &values[2], 43);
	thread_create(&my_thread, &my_thread_kind, "my_thread", THREAD_STACK_BYTES);

	log_line("multi_ep: c0=%k c1=%k c2=%k", c0, c1, c2);
	one = value_of(c1);
	two = value_of(c2);
	log_line("multi_ep: rpc ep1 -> %u ep2 -> %u", one, two);
	thread_start(&my_thread);
	log_line("multi_ep: constructed");
}
