/* The parent of the component (genode-16.08-abi.md 2, Parent). */
#pragma once

#include "rpc.h"

enum {
	PARENT_SERVICE_DENIED = RPC_EXCEPTION(0, 3),
	PARENT_QUOTA_EXCEEDED = RPC_EXCEPTION(1, 3),
	PARENT_UNAVAILABLE = RPC_EXCEPTION(2, 3),
	PARENT_NAME_LIMIT = 64,
	PARENT_ARGS_LIMIT = 160,
};

i32 parent_exit(struct cap *parent, i32 value);
i32 parent_announce(struct cap *parent, const char *service, struct cap *root);
i32 parent_session(struct cap *parent, const char *service, const char *args, struct cap **session);
i32 parent_upgrade(struct cap *parent, struct cap *session, const char *args);
i32 parent_close(struct cap *parent, struct cap *session);
i32 parent_main_thread_cap(struct cap *parent, struct cap **thread);
i32 parent_resource_avail_sigh(struct cap *parent, struct cap *context);
i32 parent_resource_request(struct cap *parent, const char *args);

/* the parent wants resources back: the handler learns of it, the request says what, the response that it was done */
i32 parent_yield_sigh(struct cap *parent, struct cap *context);
i32 parent_yield_request(struct cap *parent, char *args, u32 bytes);
i32 parent_yield_response(struct cap *parent);
