/* A service: the root object by which the parent opens and closes sessions on behalf of clients. */
#pragma once

#include "entrypoint.h"

struct session {
	struct rpc_object object;
};

struct service {
	const char *name;
	/* size of the service's session object, which starts with a struct session; it comes zeroed */
	u32 session_bytes;
	i32 (*dispatch)(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply);
	void (*opened)(struct session *session);
	void (*closed)(struct session *session);
};

struct root {
	struct rpc_object object;
	struct rpc_entrypoint *entrypoint;
	const struct service *service;
	struct cap *cap;
};

/* sessions are served by `entrypoint`; opened and closed may be null */
void root_announce(struct root *root, struct entrypoint *entrypoint, const struct service *service);
