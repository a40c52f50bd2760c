/* CPU sessions and the threads made with them (genode-16.08-abi.md 2, Cpu_session and Cpu_thread). */
#pragma once

#include "rpc.h"

enum { CPU_OUT_OF_METADATA = -1001 };

/* register image and Genode's additions, 29 words */
struct thread_state {
	u32 r[13];
	u32 sp;
	u32 lr;
	u32 ip;
	u32 cpsr;
	u32 cpu_exception;
	u8 unresolved_page_fault;
	u8 exception;
	u8 padding[2];
	u32 gate_selector;
	u32 id;
	u32 utcb;
	u32 exceptions;
	u8 paused;
	u8 in_exception;
	u8 padding2[2];
	u32 lock[5];
};

#if defined(__arm__)
_Static_assert(sizeof(struct thread_state) == 116, "thread state");
_Static_assert(offsetof(struct thread_state, gate_selector) == 0x4c, "thread state");
#endif

i32 cpu_create_thread(struct cap *cpu, struct cap *pd, const char *name, u32 weight, struct cap **thread);
i32 cpu_kill_thread(struct cap *cpu, struct cap *thread);
i32 cpu_exception_sigh(struct cap *cpu, struct cap *context);
i32 cpu_trace_control(struct cap *cpu, struct cap **dataspace);
i32 cpu_thread_start(struct cap *thread, u32 ip, u32 sp);
i32 cpu_thread_pause(struct cap *thread);
i32 cpu_thread_resume(struct cap *thread);

/* wakes a thread that blocks for a lock or a signal; the wait then counts as cancelled */
i32 cpu_thread_cancel_blocking(struct cap *thread);
i32 cpu_thread_state(struct cap *thread, struct thread_state *state);
i32 cpu_thread_exception_sigh(struct cap *thread, struct cap *context);
i32 cpu_thread_trace_control_index(struct cap *thread, u32 *index);
