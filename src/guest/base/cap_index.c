/* Owner of the capability records: which slots of the capability space are in use (genode-base-foc.md 1.2).
 * Records are never unmapped in the kernel when freed; stale mappings stay visible, as in Genode. */
#include "cap.h"

#include "cap_map.h"
#include "memory.h"
#include "spin_lock.h"

static const u32 allocator_vtable[1];

struct cap_index_allocator cap_index_allocator;

void cap_index_initialise(void)
{
	cap_index_allocator.vtable = allocator_vtable;
	cap_index_allocator.spin_lock = SPIN_LOCK_FREE;
	cap_index_allocator.array = cap_index_allocator.records;
}

static bool used(const struct cap *cap)
{
	return cap->id != 0;
}

static void prepare(struct cap *cap)
{
	memset(cap, 0, sizeof(*cap));
	cap->id = CAP_ID_NONE;
}

struct cap *cap_index_allocate_range(u32 count)
{
	struct cap *const array = cap_index_allocator.array;
	struct cap *found = NULL;
	u32 start = SLOT_USER_BASE;

	spin_lock(&cap_index_allocator.spin_lock);
	while (!found && start + count < CAP_RECORDS) {
		u32 n = 0;

		while (n < count && !used(&array[start + n]))
			n++;
		if (n == count)
			found = &array[start];
		else
			start += n + 1;
	}
	for (u32 n = 0; found && n < count; n++)
		prepare(&found[n]);
	spin_unlock(&cap_index_allocator.spin_lock);

	if (!found)
		kernel_print("assertion failed: cap index allocation failed\n");
	return found;
}

struct cap *cap_index_allocate_at(u32 slot)
{
	if (slot >= CAP_RECORDS) {
		kernel_print("assertion failed: cap index out of bounds\n");
		return NULL;
	}
	prepare(&cap_index_allocator.array[slot]);
	return &cap_index_allocator.array[slot];
}

void cap_index_free(struct cap *first, u32 count)
{
	spin_lock(&cap_index_allocator.spin_lock);
	memset(first, 0, count * sizeof(*first));
	spin_unlock(&cap_index_allocator.spin_lock);
}

/* slots below 0x200 belong to threads and parent for the life of the task and are not counted */
static bool counted(const struct cap *cap)
{
	return cap && cap_slot(cap) >= SLOT_USER_BASE;
}

struct cap *cap_reference(struct cap *cap)
{
	if (counted(cap)) {
		spin_lock(&cap_index_allocator.spin_lock);
		cap->references++;
		spin_unlock(&cap_index_allocator.spin_lock);
	}
	return cap;
}

void cap_drop(struct cap *cap)
{
	bool last = false;

	if (!counted(cap))
		return;
	spin_lock(&cap_index_allocator.spin_lock);
	last = --cap->references == 0;
	spin_unlock(&cap_index_allocator.spin_lock);
	if (last)
		cap_map_remove(cap);
}
