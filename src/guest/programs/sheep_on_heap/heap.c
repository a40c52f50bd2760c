/* Allocation is first from the list of free blocks of the size, then from the rest of the chunk. Nothing is joined again. */
#include "heap.h"

#include "env.h"

static void require_initialised(const struct heap *heap)
{
	if (!heap->initialised)
		uncaught_exception("Deref_unconstructed_object");
}

static u32 size_index(u32 bytes)
{
	u32 index = 0;

	while (index < HEAP_SIZES && bytes > (u32)HEAP_BLOCK_BYTES_MIN << index)
		index++;
	return index;
}

/* accounts for a block, with the lock held; false: that is more than the limit */
static __attribute__((noinline)) bool pay(struct heap *heap, u32 bytes)
{
	u32 const consumed = heap->consumed + bytes;

	if (consumed > heap->limit)
		return false;
	heap->consumed = consumed;
	return true;
}

/* gives back what was accounted for, with the lock held */
static void pay_back(struct heap *heap, u32 bytes)
{
	heap->consumed -= bytes;
}

/* with the lock held; null: there is none left */
static struct heap_block *find(struct heap *heap, u32 index)
{
	u32 const bytes = (u32)HEAP_BLOCK_BYTES_MIN << index;
	struct heap_block *block = heap->free[index];

	if (block) {
		heap->free[index] = block->next;
	} else if (bytes <= heap->end - heap->next) {
		block = (struct heap_block *)heap->next;
		heap->next += bytes;
	}
	return block;
}

void heap_initialise(struct heap *heap, void *chunk, u32 bytes, u32 limit)
{
	lock_initialise(&heap->lock, UNLOCKED);
	heap->limit = limit;
	heap->begin = heap->next = (u32)chunk;
	heap->end = (u32)chunk + bytes;
	heap->consumed = 0;
	for (u32 n = 0; n < HEAP_SIZES; n++)
		heap->free[n] = NULL;
	heap->initialised = true;
}

void *heap_alloc(struct heap *heap, u32 bytes)
{
	struct heap_block *block = NULL;
	u32 index;

	require_initialised(heap);
	index = size_index(bytes);
	lock_take(&heap->lock);
	if (index < HEAP_SIZES && pay(heap, (u32)HEAP_BLOCK_BYTES_MIN << index)) {
		block = find(heap, index);
		if (!block)
			pay_back(heap, (u32)HEAP_BLOCK_BYTES_MIN << index);
	}
	lock_release(&heap->lock);
	if (!block)
		uncaught_exception("Genode::Allocator::Out_of_memory");
	return block;
}

void heap_free(struct heap *heap, void *memory, u32 bytes)
{
	struct heap_block *block = memory;
	u32 index;

	require_initialised(heap);
	if ((u32)block < heap->begin || (u32)block >= heap->end)
		uncaught_exception("Genode::Allocator::Unknown_block");
	index = size_index(bytes);
	lock_take(&heap->lock);
	block->next = heap->free[index];
	heap->free[index] = block;
	pay_back(heap, (u32)HEAP_BLOCK_BYTES_MIN << index);
	lock_release(&heap->lock);
}
