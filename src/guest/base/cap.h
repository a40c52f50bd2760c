/* Capabilities as user code holds them: a record per slot of the capability space, with reference count and id
 * (genode-base-foc.md 1.2, 2.1, 2.2; checkpoint-restore.md 4.1). A null pointer is the invalid capability. */
#pragma once

#include "syscall.h"
#include "types.h"

enum {
	CAP_RECORDS = 4096,
	CAP_ID_NONE = 0xffff,
	/* slots in which a call or a serving thread receives capabilities */
	WINDOW_SLOTS = 4,
};

#if defined(FLAVOUR_STOCK)
struct cap {
	struct cap *child[2];
	struct cap *parent;
	u8 depth;
	u8 references;
	u16 id;
};
#else
struct cap {
	struct cap *next;
	u8 references;
	u16 id;
};
#endif

struct cap_index_allocator {
	const void *vtable;
	volatile u32 spin_lock;
	struct cap records[CAP_RECORDS];
	struct cap *array;
};

#if defined(__arm__)
#if defined(FLAVOUR_STOCK)
_Static_assert(sizeof(struct cap) == 16 && offsetof(struct cap, references) == 13, "record");
_Static_assert(sizeof(struct cap_index_allocator) == 65548, "allocator");
#else
_Static_assert(sizeof(struct cap) == 8 && offsetof(struct cap, references) == 4, "record");
_Static_assert(sizeof(struct cap_index_allocator) == 0x800c, "allocator");
#endif
_Static_assert(offsetof(struct cap, id) == sizeof(struct cap) - 2, "id");
_Static_assert(offsetof(struct cap_index_allocator, records) == 8, "records");
#endif

/* the address of this object is what a component tells core as "cap map info" */
extern struct cap_index_allocator cap_index_allocator;

void cap_index_initialise(void);

/* first fit from slot 0x200; null when the space is used up */
struct cap *cap_index_allocate_range(u32 count);
struct cap *cap_index_allocate_at(u32 slot);
void cap_index_free(struct cap *first, u32 count);

static inline u32 cap_slot(const struct cap *cap)
{
	return (u32)(cap - cap_index_allocator.records);
}

static inline u32 cap_selector(const struct cap *cap)
{
	return cap_slot(cap) << SELECTOR_SHIFT;
}

/* local name; 0 for the invalid capability */
static inline u32 cap_id(const struct cap *cap)
{
	return cap ? cap->id : 0;
}

/* one reference more; the second takes it away again and releases the record with the last one */
struct cap *cap_reference(struct cap *cap);
void cap_drop(struct cap *cap);

/* a call: slots for what it may receive, and a reference on its destination as long as it lasts; null when the space is used up */
struct cap *cap_index_open_window(struct cap *kept);
void cap_index_close_window(struct cap *window, struct cap *kept);
