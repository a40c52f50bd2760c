/* An RPC entrypoint that also executes signal handlers (genode-base-foc.md 4.4). */
#pragma once

#include "rpc_entrypoint.h"
#include "signal.h"

struct signal_handler {
	struct signal_context context;
	void (*handle)(struct signal_handler *handler, u32 count);
};

struct entrypoint {
	struct rpc_entrypoint rpc;
	struct rpc_object signal_proxy;
	struct cap *signal_proxy_cap;
	struct signal_receiver receiver;
	struct thread signal_proxy_thread;
};

/* a further entrypoint; its signal proxy thread is created but never started, as in 16.08: its handlers never run */
void entrypoint_create(struct entrypoint *entrypoint, const char *name, u32 stack_bytes);

/* the capability to hand out to whoever shall send the signal */
struct cap *entrypoint_manage_signal(struct entrypoint *entrypoint, struct signal_handler *handler);

/* the component's first entrypoint: calls component_construct in its thread, then lets the calling
   main thread pass on signals for ever */
noreturn_t entrypoint_run_component(void);
