/* Client side of an RPC: traced ipc_call, and shapes that many functions share (genode-16.08-abi.md 2). */
#pragma once

#include "ipc.h"

void rpc_begin(struct message *message, u32 opcode);

/* result is RPC_OK or a negative code; `message` then holds the reply, to be cleared by the caller */
i32 rpc_call(struct cap *object, struct message *message);

/* calls and drops the reply */
i32 rpc_call_void(struct cap *object, struct message *message);

/* calls and takes the first word or the first capability of the reply */
i32 rpc_call_word(struct cap *object, struct message *message, u32 *result);
i32 rpc_call_cap(struct cap *object, struct message *message, struct cap **result);

/* functions without arguments */
i32 rpc_plain_void(struct cap *object, u32 opcode);
i32 rpc_plain_word(struct cap *object, u32 opcode, u32 *result);
i32 rpc_plain_cap(struct cap *object, u32 opcode, struct cap **result);
