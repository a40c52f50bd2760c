/* A thread that serves RPC objects (genode-base-foc.md 2.5, genode-16.08-abi.md 3.2). */
#pragma once

#include "ipc.h"
#include "lock.h"
#include "thread.h"

struct rpc_object {
	struct rpc_object *next;
	struct cap *cap;
	/* returns RPC_OK, RPC_INVALID_OPCODE or a declared exception */
	i32 (*dispatch)(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply);
};

struct rpc_entrypoint {
	struct thread thread;
	struct lock cap_valid;
	struct lock delay_start;
	struct lock delay_exit;
	struct lock objects_lock;
	struct rpc_object *objects;
	struct rpc_object exit_handler;
	struct cap *exit_cap;
	bool exit;
	struct message request;
	struct message reply;
};

void rpc_entrypoint_create(struct rpc_entrypoint *entrypoint, const char *name, u32 stack_bytes);

/* ends the serving loop and the thread; objects that are still managed are forgotten */
void rpc_entrypoint_destroy(struct rpc_entrypoint *entrypoint);

/* makes the object callable; the capability comes with a reference for the caller */
struct cap *rpc_entrypoint_manage(struct rpc_entrypoint *entrypoint, struct rpc_object *object);
void rpc_entrypoint_dissolve(struct rpc_entrypoint *entrypoint, struct rpc_object *object);

/* the object behind a capability of ours, or null */
struct rpc_object *rpc_entrypoint_lookup(struct rpc_entrypoint *entrypoint, const struct cap *cap);
