/* Owner of the stack slots: next-fit bit allocator and the attaching of stacks (genode-16.08-abi.md 3.3). */
#include "stack_area.h"

#include "env.h"
#include "memory.h"
#include "spin_lock.h"

static bool slot_used[STACK_SLOTS] = { true };
static u32 search_start = 1;
static volatile u32 slots_lock = SPIN_LOCK_FREE;

u32 stack_slot_allocate(void)
{
	u32 slot = 0;

	spin_lock(&slots_lock);
	for (u32 n = 0; !slot && n < STACK_SLOTS; n++) {
		u32 candidate = (search_start + n) % STACK_SLOTS;

		if (!slot_used[candidate])
			slot = candidate;
	}
	if (slot) {
		slot_used[slot] = true;
		search_start = slot + 1;
	}
	spin_unlock(&slots_lock);
	if (!slot)
		uncaught_exception("Genode::Cpu_session::Thread_creation_failed");
	return slot;
}

static void copy_name(struct stack *stack, const char *name)
{
	u32 length = text_length(name);

	if (length > STACK_NAME_BYTES - 1)
		length = STACK_NAME_BYTES - 1;
	memset(stack->name, 0, STACK_NAME_BYTES);
	memcpy(stack->name, name, length);
	stack->name_bytes = length + 1;
}

struct stack *stack_allocate(struct thread *thread, const char *name, u32 slot, u32 bytes)
{
	u32 const end = STACK_AREA_BASE + (slot + 1) * STACK_SLOT_BYTES;
	u32 const size = round_page(bytes);
	struct cap *dataspace = env_ram_alloc(size, CACHED);
	struct stack *stack = (struct stack *)(end - sizeof(struct stack));

	env_attach_at(env.stack_area, dataspace, end - size - STACK_AREA_BASE, size, false);

	stack->utcb_stand_in = 0;
	copy_name(stack, name);
	stack->thread = thread;
	stack->base = end - size;
	stack->dataspace = dataspace;
	stack->gate_selector = 0;
	stack->receive_window = NULL;
	stack->utcb = NULL;
	return stack;
}

void stack_release(struct stack *stack)
{
	u32 const base = stack->base - STACK_AREA_BASE;
	struct cap *dataspace = stack->dataspace;

	region_map_detach(env.stack_area, base);
	ram_free(env.ram, dataspace);
	cap_drop(dataspace);
	spin_lock(&slots_lock);
	search_start = base / STACK_SLOT_BYTES;
	slot_used[search_start] = false;
	spin_unlock(&slots_lock);
}
