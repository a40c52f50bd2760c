/* A service whose sessions depend on the arguments they are opened with: labels, buffer sizes. Otherwise as root.h. */
#pragma once

#include "entrypoint.h"
#include "root.h"

enum {
	ROOT_UNAVAILABLE = RPC_EXCEPTION(0, 3),
	ROOT_QUOTA_EXCEEDED = RPC_EXCEPTION(1, 3),
	ROOT_INVALID_ARGS = RPC_EXCEPTION(2, 3),
};

struct args_service {
	const char *name;
	/* size of the service's session object, which starts with a struct session; it comes zeroed */
	u32 session_bytes;
	i32 (*dispatch)(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply);
	/* RPC_OK, or one of the exceptions above to refuse the session */
	i32 (*opened)(struct session *session, const char *args);
	void (*closed)(struct session *session);
};

struct args_root {
	struct rpc_object object;
	struct rpc_entrypoint *entrypoint;
	const struct args_service *service;
	struct cap *cap;
};

void args_root_announce(struct args_root *root, struct entrypoint *entrypoint, const struct args_service *service);
