/* Owner of the capability records: which slots of the capability space are in use (genode-base-foc.md 1.2).
 * Records are never unmapped in the kernel when freed; stale mappings stay visible, as in Genode. */
#include "cap.h"

#include "cap_map.h"
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

/* a record that is not in use is zero; one that is, and has no id yet, is zero but for CAP_ID_NONE */
inlined void write_record(struct cap *cap, u32 id)
{
	enum { LAST = sizeof(*cap) / sizeof(u32) - 1 };
	u32 *word = (u32 *)cap;

	for (u32 n = 0; n < LAST; n++)
		word[n] = 0;
	word[LAST] = id << 16;
}

/* no slot below this one is free; a search that begins here finds what a search from SLOT_USER_BASE would find */
static u32 lowest_free = SLOT_USER_BASE;

/* first fit, with the spin lock held */
static seldom struct cap *find_range(u32 count)
{
	struct cap *const array = cap_index_allocator.array;

	while (lowest_free < CAP_RECORDS && used(&array[lowest_free]))
		lowest_free++;
	for (u32 start = lowest_free; start + count < CAP_RECORDS; start++) {
		u32 n = 0;

		while (n < count && !used(&array[start + n]))
			n++;
		if (n == count)
			return &array[start];
	}
	return NULL;
}

/* the same, as nearly every call finds it */
inlined struct cap *find_window(void)
{
	struct cap *first = &cap_index_allocator.array[lowest_free];
	bool fits = lowest_free + WINDOW_SLOTS < CAP_RECORDS;

#pragma GCC unroll 4
	for (u32 n = 0; n < WINDOW_SLOTS; n++)
		fits = fits && !used(&first[n]);
	return fits ? first : find_range(WINDOW_SLOTS);
}

static seldom struct cap *used_up(void)
{
	kernel_print("assertion failed: cap index allocation failed\n");
	return NULL;
}

seldom struct cap *cap_index_allocate_range(u32 count)
{
	struct cap *found;

	spin_lock(&cap_index_allocator.spin_lock);
	found = find_range(count);
	for (u32 n = 0; found && n < count; n++)
		write_record(&found[n], CAP_ID_NONE);
	spin_unlock(&cap_index_allocator.spin_lock);
	return found ? found : used_up();
}

struct cap *cap_index_allocate_at(u32 slot)
{
	if (slot >= CAP_RECORDS) {
		kernel_print("assertion failed: cap index out of bounds\n");
		return NULL;
	}
	write_record(&cap_index_allocator.array[slot], CAP_ID_NONE);
	return &cap_index_allocator.array[slot];
}

/* with the spin lock held, by whoever frees the records from `first` on */
inlined void note_free(const struct cap *first)
{
	if (cap_slot(first) < lowest_free && cap_slot(first) >= SLOT_USER_BASE)
		lowest_free = cap_slot(first);
}

seldom void cap_index_free(struct cap *first, u32 count)
{
	spin_lock(&cap_index_allocator.spin_lock);
	for (u32 n = 0; n < count; n++)
		write_record(&first[n], 0);
	note_free(first);
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

struct cap *cap_index_open_window(struct cap *kept)
{
	struct cap *window;

	spin_lock_often(&cap_index_allocator.spin_lock);
	window = find_window();
	if (window) {
#pragma GCC unroll 4
		for (u32 n = 0; n < WINDOW_SLOTS; n++)
			write_record(&window[n], CAP_ID_NONE);
		if (counted(kept))
			kept->references++;
	}
	spin_unlock(&cap_index_allocator.spin_lock);
	return window ? window : used_up();
}

void cap_index_close_window(struct cap *window, struct cap *kept)
{
	bool last = false;

	spin_lock_often(&cap_index_allocator.spin_lock);
#pragma GCC unroll 4
	for (u32 n = 0; n < WINDOW_SLOTS; n++)
		write_record(&window[n], 0);
	note_free(window);
	if (counted(kept))
		last = --kept->references == 0;
	spin_unlock(&cap_index_allocator.spin_lock);
	if (last)
		cap_map_remove(kept);
}
