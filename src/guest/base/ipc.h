/* Remote procedure calls over kernel IPC: message registers, receive windows, delegation of capabilities
 * (genode-16.08-abi.md 1, genode-base-foc.md 2.5). */
#pragma once

#include "message.h"

/* what a call can end with besides the exceptions that the interface declares (-1001 downwards) */
enum {
	RPC_OK = 0,
	RPC_INVALID_OBJECT = -1,
	RPC_INVALID_OPCODE = -2,
	RPC_CANCELED = -3,
};

/* k-th (from 0) of n declared exceptions */
#define RPC_EXCEPTION(k, n) (-1000 - ((n) - (k)))

/* sends `message`, which then holds the reply */
i32 ipc_call(struct cap *destination, struct message *message);

/* the permanent window of a thread that serves RPC objects */
struct cap *ipc_server_window(void);

/* replies unless `exception` is RPC_INVALID_OBJECT, then waits; returns the id of the called object */
u32 ipc_reply_wait(struct cap *window, i32 exception, const struct message *reply, struct message *request);
void ipc_reply(i32 exception, const struct message *reply);
