/* The serving loop and its objects. The creator waits until the thread has its receive window, the thread
 * waits until the creator lets it serve (genode-16.08-abi.md 3.6). Owner of the object list: objects_lock. */
#include "rpc_entrypoint.h"

#include "env.h"
#include "log.h"
#include "trace.h"

static struct rpc_object *find(struct rpc_entrypoint *entrypoint, u32 id)
{
	struct rpc_object *object;

	lock_take(&entrypoint->objects_lock);
	object = entrypoint->objects;
	while (object && cap_id(object->cap) != id)
		object = object->next;
	lock_release(&entrypoint->objects_lock);
	return object;
}

static i32 dispatch(struct rpc_entrypoint *self, u32 id)
{
	struct rpc_object *object = find(self, id);
	u32 opcode = message_take_word(&self->request);
	i32 result;

	if (!object)
		return RPC_INVALID_OBJECT;
	message_clear(&self->reply);
	trace_rpc();
	result = object->dispatch(object, opcode, &self->request, &self->reply);
	trace_rpc();
	if (result == RPC_INVALID_OPCODE)
		log_error("invalid opcode %d", (i32)opcode);
	return result;
}

static void serve(struct thread *thread)
{
	struct rpc_entrypoint *self = CONTAINER_OF(thread, struct rpc_entrypoint, thread);
	struct cap *window = ipc_server_window();
	i32 result = RPC_INVALID_OBJECT;

	thread->stack->receive_window = window;
	lock_release(&self->cap_valid);
	lock_take(&self->delay_start);

	while (!self->exit)
		result = dispatch(self, ipc_reply_wait(window, result, &self->reply, &self->request));

	/* the request to leave was an RPC as well */
	ipc_reply(result, &self->reply);
	lock_take(&self->delay_exit);
}

static const struct thread_kind entrypoint_kind = { serve };

static i32 dispatch_exit(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct rpc_entrypoint *entrypoint = CONTAINER_OF(object, struct rpc_entrypoint, exit_handler);

	(void)request;
	if (opcode != 0)
		return RPC_INVALID_OPCODE;
	entrypoint->exit = true;
	message_put_word(reply, 0);
	return RPC_OK;
}

seldom void rpc_entrypoint_create(struct rpc_entrypoint *entrypoint, const char *name, u32 stack_bytes)
{
	entrypoint->objects = NULL;
	entrypoint->exit = false;
	entrypoint->exit_handler.dispatch = dispatch_exit;
	message_initialise(&entrypoint->request);
	message_initialise(&entrypoint->reply);
	lock_initialise(&entrypoint->cap_valid, LOCKED);
	lock_initialise(&entrypoint->delay_start, LOCKED);
	lock_initialise(&entrypoint->delay_exit, LOCKED);
	lock_initialise(&entrypoint->objects_lock, UNLOCKED);

	thread_create(&entrypoint->thread, &entrypoint_kind, name, stack_bytes);
	thread_start(&entrypoint->thread);
	lock_take(&entrypoint->cap_valid);
	lock_release(&entrypoint->delay_start);
	entrypoint->exit_cap = rpc_entrypoint_manage(entrypoint, &entrypoint->exit_handler);
}

struct cap *rpc_entrypoint_manage(struct rpc_entrypoint *entrypoint, struct rpc_object *object)
{
	object->cap = env_alloc_rpc_cap(thread_gate(&entrypoint->thread));
	lock_take(&entrypoint->objects_lock);
	object->next = entrypoint->objects;
	entrypoint->objects = object;
	lock_release(&entrypoint->objects_lock);
	return cap_reference(object->cap);
}

void rpc_entrypoint_dissolve(struct rpc_entrypoint *entrypoint, struct rpc_object *object)
{
	struct rpc_object **link = &entrypoint->objects;

	pd_free_rpc_cap(env.pd, object->cap);
	lock_take(&entrypoint->objects_lock);
	while (*link && *link != object)
		link = &(*link)->next;
	if (*link)
		*link = object->next;
	lock_release(&entrypoint->objects_lock);
	cap_drop(object->cap);
	object->cap = NULL;
}

struct rpc_object *rpc_entrypoint_lookup(struct rpc_entrypoint *entrypoint, const struct cap *cap)
{
	return cap ? find(entrypoint, cap->id) : NULL;
}

seldom void rpc_entrypoint_destroy(struct rpc_entrypoint *entrypoint)
{
	rpc_plain_void(entrypoint->exit_cap, 0);
	rpc_entrypoint_dissolve(entrypoint, &entrypoint->exit_handler);
	cap_drop(entrypoint->exit_cap);
	if (entrypoint->objects)
		log_warning("object pool not empty in ~Rpc_entrypoint");
	lock_release(&entrypoint->delay_exit);
	thread_join(&entrypoint->thread);
	thread_destroy(&entrypoint->thread);
}
