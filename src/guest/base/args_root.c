/* Root interface; opcodes as in genode-16.08-abi.md 2. A session lives in its own sliced-heap block, paid by the client. */
#include "args_root.h"

#include "env.h"
#include "log.h"
#include "memory.h"
#include "session_args.h"
#include "sliced_heap.h"

enum { OP_SESSION, OP_UPGRADE, OP_CLOSE };

/* an exception still carries the return value, which is then the invalid capability */
static i32 refuse(struct message *reply, i32 exception)
{
	message_put_cap(reply, NULL);
	return exception;
}

static i32 open_session(struct args_root *root, const char *args, struct message *reply)
{
	const struct args_service *service = root->service;
	u32 const quota = session_arg_number(args, "ram_quota", 0), needed = sliced_heap_cost(service->session_bytes);
	struct session *session;
	struct cap *cap;
	i32 refused;

	if (!*args)
		return refuse(reply, ROOT_INVALID_ARGS);
	if (quota < needed) {
		log_error("Insufficient ram quota, provided=%u, required=%u", quota, needed);
		return refuse(reply, ROOT_QUOTA_EXCEEDED);
	}
	session = sliced_heap_alloc(service->session_bytes);
	memset(session, 0, service->session_bytes);
	session->object.dispatch = service->dispatch;
	refused = service->opened(session, args);
	if (refused != RPC_OK) {
		sliced_heap_free(session);
		return refuse(reply, refused);
	}
	cap = rpc_entrypoint_manage(root->entrypoint, &session->object);
	message_put_cap(reply, cap);
	cap_drop(cap);
	return RPC_OK;
}

static void close_session(struct args_root *root, struct cap *cap)
{
	struct rpc_object *object = rpc_entrypoint_lookup(root->entrypoint, cap);
	struct session *session;

	if (!object || object->dispatch != root->service->dispatch)
		return;
	session = CONTAINER_OF(object, struct session, object);
	rpc_entrypoint_dissolve(root->entrypoint, object);
	root->service->closed(session);
	sliced_heap_free(session);
}

static i32 dispatch_root(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct args_root *root = CONTAINER_OF(object, struct args_root, object);
	struct cap *cap;

	switch (opcode) {
	case OP_SESSION:
		return open_session(root, message_take_text(request, PARENT_ARGS_LIMIT), reply);
	case OP_UPGRADE:
		message_put_word(reply, 0);
		return RPC_OK;
	case OP_CLOSE:
		cap = message_take_cap(request);
		close_session(root, cap);
		cap_drop(cap);
		message_put_word(reply, 0);
		return RPC_OK;
	default:
		return RPC_INVALID_OPCODE;
	}
}

void args_root_announce(struct args_root *root, struct entrypoint *entrypoint, const struct args_service *service)
{
	root->entrypoint = &entrypoint->rpc;
	root->service = service;
	root->object.dispatch = dispatch_root;
	root->cap = rpc_entrypoint_manage(root->entrypoint, &root->object);
	parent_announce(env.parent, service->name, root->cap);
}
