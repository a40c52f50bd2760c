/* System calls of Fiasco.OC as Genode 16.08 issues them (genode-16.08-abi.md A).
 * A thread blocked in any of them has its instruction pointer at kernel_invoke_return, if they are not inlined. */
#if !defined(KERNEL_ENTRY_INLINED)
#define KERNEL_RETURN_MARK ".global kernel_invoke_return\n" "kernel_invoke_return:"
#endif
#include "kernel_entry.h"
#include "syscall.h"
#include "utcb.h"

#if !defined(KERNEL_ENTRY_INLINED)
__attribute__((noinline)) u32 kernel_invoke(u32 tag, u32 destination, u32 timeouts, u32 *label)
{
	return kernel_enter(tag, destination, timeouts, label);
}
#endif

void kernel_yield(void)
{
	kernel_invoke(0, OP_WAIT_SELF, TIMEOUT_BOTH_ZERO, NULL);
}

void kernel_sleep(u32 receive_timeout)
{
	kernel_invoke(0, OP_WAIT_SELF, receive_timeout, NULL);
}

void kernel_print(const char *text)
{
	register u32 r0 asm("r0") = (u32)text;

	asm volatile("mov lr, pc\n\tmvn pc, #0x27\n\tcmp lr, #2" : "+r"(r0) : : "lr", "cc", "memory");
}

void kernel_print_hex(u32 value)
{
	register u32 r0 asm("r0") = value;

	asm volatile("mov lr, pc\n\tmvn pc, #0x27\n\tcmp lr, #5" : "+r"(r0) : : "lr", "cc", "memory");
}

#if !defined(KERNEL_ENTRY_INLINED)
void irq_receive(u32 irq_selector)
{
	irq_receive_here(irq_selector);
}
#endif

void irq_trigger(u32 irq_selector)
{
	utcb()->mr[0] = IRQ_TRIGGER;
	kernel_invoke(TAG_IRQ, irq_selector | OP_SEND, TIMEOUT_BOTH_ZERO, NULL);
}

/* the kernel takes a selector that is no thread as "the calling thread" (fiasco-kernel.md 6) */
i32 irq_attach_self(u32 irq_selector, u32 own_gate_selector)
{
	struct utcb *u = utcb();

	u->mr[0] = IRQ_ATTACH;
	u->mr[1] = 0;
	u->mr[2] = ITEM_MAP;
	u->mr[3] = own_gate_selector | RIGHTS_OBJECT;
	return tag_label(kernel_invoke(TAG_IRQ_ATTACH, irq_selector | OP_CALL, TIMEOUT_NEVER, NULL));
}

#define TASK_CALL ((SLOT_TASK << SELECTOR_SHIFT) | OP_CALL)

bool task_cap_equal(u32 selector_a, u32 selector_b)
{
	struct utcb *u = utcb();

	u->mr[0] = TASK_CAP_INFO;
	u->mr[1] = selector_a & ~1u;
	u->mr[2] = selector_b & ~1u;
	return tag_label(kernel_invoke(TAG_TASK_CAP_EQUAL, TASK_CALL, TIMEOUT_NEVER, NULL)) != 0;
}

bool task_cap_valid(u32 selector)
{
	struct utcb *u = utcb();

	u->mr[0] = TASK_CAP_INFO;
	u->mr[1] = selector & ~1u;
	return tag_label(kernel_invoke(TAG_TASK_CAP_VALID, TASK_CALL, TIMEOUT_NEVER, NULL)) != 0;
}

void task_grant(u32 from_selector, u32 to_selector)
{
	struct utcb *u = utcb();

	u->mr[0] = TASK_MAP;
	u->mr[1] = to_selector | BUFFER_SMALL;
	u->mr[2] = from_selector | RIGHTS_OBJECT;
	u->mr[3] = ITEM_MAP;
	u->mr[4] = (SLOT_TASK << SELECTOR_SHIFT) | RIGHTS_OBJECT;
	kernel_invoke(TAG_TASK_MAP, TASK_CALL, TIMEOUT_NEVER, NULL);
}
