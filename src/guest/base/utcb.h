/* User-level thread control block: message registers, receive buffers, error word and thread-local words
 * (fiasco-kernel.md 5.4). The kernel maps it; every thread of the task can write all of them. */
#pragma once

#include "types.h"

enum {
	UTCB_BYTES = 0x200,
	MESSAGE_REGISTERS = 63,
	BUFFER_REGISTERS = 58,
};

struct cap;
struct thread;

struct utcb {
	u32 mr[MESSAGE_REGISTERS];
	u32 reserved;
	u32 buffer_descriptor;
	u32 buffer[BUFFER_REGISTERS];
	u32 error;
	u32 transfer_timeouts;
	u32 unused_user_word;
	struct cap *own_gate;
	struct thread *thread;
	u32 end;
};

#if defined(__arm__)
_Static_assert(offsetof(struct utcb, buffer_descriptor) == 0x100, "buffer descriptor");
_Static_assert(offsetof(struct utcb, buffer) == 0x104, "buffer registers");
_Static_assert(offsetof(struct utcb, error) == 0x1ec, "error word");
_Static_assert(offsetof(struct utcb, own_gate) == 0x1f8, "own gate");
_Static_assert(offsetof(struct utcb, thread) == 0x1fc, "thread object");
#endif

/* asks the kernel's page at 0xffffff00, as every Genode program does */
static inline struct utcb *utcb(void)
{
	register u32 result asm("r0");

	asm volatile("mov lr, pc\n\tmvn pc, #0xff" : "=r"(result) : : "lr", "cc");
	return (struct utcb *)result;
}
