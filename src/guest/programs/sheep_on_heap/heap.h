/* Memory of any small size out of one chunk, as Genode's Heap gives it: a lock, a quota, and an allocator that is there only once
 * it was initialised, which every operation asks first. Blocks are powers of two, free ones listed by size. */
#pragma once

#include "lock.h"
#include "types.h"

enum { HEAP_BLOCK_BYTES_MIN = 16, HEAP_SIZES = 6 };

struct heap_block {
	struct heap_block *next;
};

/* all fields but `initialised` are owned by the holder of the lock */
struct heap {
	struct lock lock;
	u32 limit;
	/* what of the chunk was never given out, and where the chunk begins */
	u32 next, end, begin;
	/* bytes of the blocks that are given out */
	u32 consumed;
	struct heap_block *free[HEAP_SIZES];
	bool initialised;
};

#if defined(__arm__)
/* where the members stand that the threads of a wrongly restored sheep_on_heap read first (layout.ld) */
_Static_assert(offsetof(struct heap, consumed) == 0x24 && offsetof(struct heap, initialised) == 0x40, "heap object");
#endif

/* from then on `bytes` at `chunk` belong to the heap, which gives out `limit` bytes at once at the most */
void heap_initialise(struct heap *heap, void *chunk, u32 bytes, u32 limit);

/* HEAP_BLOCK_BYTES_MIN << (HEAP_SIZES - 1) bytes at the most; succeeds or ends the component */
void *heap_alloc(struct heap *heap, u32 bytes);

/* `bytes` as when it was allocated; memory that is not the heap's ends the component */
void heap_free(struct heap *heap, void *memory, u32 bytes);
