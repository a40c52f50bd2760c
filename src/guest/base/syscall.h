/* The kernel's entry points and the numbers that go through them (genode-16.08-abi.md A, fiasco-kernel.md 5). */
#pragma once

#include "types.h"
#include "utcb.h"

enum {
	SLOT_TASK = 1,
	SLOT_PARENT = 8,
	SLOT_THREAD_AREA = 9,
	SLOTS_PER_THREAD = 3,
	SLOT_USER_BASE = 0x200,
	SELECTOR_SHIFT = 12,
	SELECTOR_SIZE = 1 << SELECTOR_SHIFT,
	THREAD_IRQ_OFFSET = 2 * SELECTOR_SIZE,
};

/* operation bits of the selector word */
enum {
	OP_SEND = 1,
	OP_CALL = 3,
};
#define OP_OPEN_WAIT 0xfffff806u
#define OP_REPLY_AND_WAIT 0xfffff80fu
#define OP_REPLY 0x00000009u
#define OP_WAIT_SELF 0xfffff802u

/* timeout words: send part << 16 | receive part; 0 = never, 0x400 = at once */
#define TIMEOUT_NEVER 0u
#define TIMEOUT_SEND_ZERO 0x04000000u
#define TIMEOUT_BOTH_ZERO 0x04000400u

/* tags: label << 16 | flags | items << 6 | words */
#define TAG_ERROR 0x8000u
#define TAG_IRQ 0xffff0001u
#define TAG_IRQ_ATTACH 0xffff0042u
#define TAG_TASK_CAP_EQUAL 0xfff50003u
#define TAG_TASK_CAP_VALID 0xfff50002u
#define TAG_TASK_MAP 0xfff50043u

enum {
	IRQ_ATTACH = 1,
	IRQ_TRIGGER = 2,
	IRQ_UNMASK = 4,
	TASK_MAP = 0,
	TASK_CAP_INFO = 2,
	ITEM_MAP = 8,
	RIGHTS_OBJECT = 0x37,
	BUFFER_SMALL = 0x0a,
	IPC_ERROR_MASK = 0x1f,
	IPC_RECEIVE_CANCELED = 7,
};

static inline u32 tag_words(u32 tag)
{
	return tag & 0x3f;
}

static inline u32 tag_items(u32 tag)
{
	return (tag >> 6) & 0x3f;
}

static inline i32 tag_label(u32 tag)
{
	return (i32)tag >> 16;
}

/* `label` is what the receiver sees of a sender on the way in, and of the received message on the way out */
#if defined(KERNEL_ENTRY_INLINED)
#include "kernel_entry.h"
#define kernel_invoke kernel_enter
#else
u32 kernel_invoke(u32 tag, u32 destination, u32 timeouts, u32 *label);
#endif

void kernel_yield(void);
void kernel_sleep(u32 receive_timeout);
void kernel_print(const char *text);
void kernel_print_hex(u32 value);

/* IRQ objects: blocking primitive and counting semaphore */
inlined void irq_receive_here(u32 irq_selector)
{
	utcb()->mr[0] = IRQ_UNMASK;
	kernel_invoke(TAG_IRQ, irq_selector | OP_CALL, TIMEOUT_NEVER, NULL);
}

#if defined(KERNEL_ENTRY_INLINED)
#define irq_receive irq_receive_here
#else
void irq_receive(u32 irq_selector);
#endif
void irq_trigger(u32 irq_selector);
i32 irq_attach_self(u32 irq_selector, u32 own_gate_selector);

/* questions and moves within the own capability space */
bool task_cap_equal(u32 selector_a, u32 selector_b);
bool task_cap_valid(u32 selector);
void task_grant(u32 from_selector, u32 to_selector);
