/* Checks the heap of sheep_on_heap, as a Linux program for qemu-arm; its lock and the end of a component are played here.
 * Leaves with 1 after the number of the first line whose check failed, or with 0. */
#include "check.h"
#include "env.h"
#include "sheep_on_heap/heap.h"

void lock_initialise(struct lock *lock, enum lock_state state)
{
	lock->state = state;
}

bool lock_take(struct lock *lock)
{
	CHECK(lock->state == UNLOCKED);
	lock->state = LOCKED;
	return true;
}

void lock_release(struct lock *lock)
{
	CHECK(lock->state == LOCKED);
	lock->state = UNLOCKED;
}

/* the end of a component leads back to the check that provoked it */
static void *behind[5];
static const char *ended;

noreturn_t uncaught_exception(const char *type)
{
	ended = type;
	__builtin_longjmp(behind, 1);
}

static __attribute__((noinline)) bool ends(void (*call)(void), const char *type)
{
	ended = NULL;
	if (__builtin_setjmp(behind) == 0) {
		call();
		return false;
	}
	return text_equal(ended, type);
}

static u32 chunk[256 / sizeof(u32)];
static struct heap heap;

static struct heap never_initialised;

static void alloc_early(void) { heap_alloc(&never_initialised, 16); }
static void free_early(void) { heap_free(&never_initialised, chunk, 16); }
static void free_foreign(void) { heap_free(&heap, &heap, 16); }
static void alloc_large(void) { heap_alloc(&heap, 513); }
static void alloc_129(void) { heap_alloc(&heap, 129); }
static void alloc_16(void) { heap_alloc(&heap, 16); }

static __attribute__((noinline)) void check_refusals(void)
{
	CHECK(ends(alloc_early, "Deref_unconstructed_object"));
	CHECK(ends(free_early, "Deref_unconstructed_object"));
	heap_initialise(&heap, chunk, sizeof(chunk), 128);
	CHECK(ends(free_foreign, "Genode::Allocator::Unknown_block"));
	CHECK(ends(alloc_large, "Genode::Allocator::Out_of_memory"));
	CHECK(ends(alloc_129, "Genode::Allocator::Out_of_memory"));
	CHECK(heap.consumed == 0 && heap.lock.state == UNLOCKED);
}

static __attribute__((noinline)) void check_blocks(void)
{
	void *small, *line;

	heap_initialise(&heap, chunk, sizeof(chunk), 128);
	small = heap_alloc(&heap, 1);
	line = heap_alloc(&heap, 32);
	CHECK(small == chunk && line == (u8 *)chunk + 16 && heap.consumed == 48);

	/* a block that was given back serves the next of its size, and no other */
	heap_free(&heap, line, 32);
	CHECK(heap.consumed == 16);
	CHECK(heap_alloc(&heap, 33) == (u8 *)chunk + 48);
	CHECK(heap_alloc(&heap, 17) == line);
	CHECK(heap.consumed == 16 + 64 + 32);
}

static __attribute__((noinline)) void check_limits(void)
{
	/* what is free does not count against the limit, the chunk is not given out twice */
	heap_initialise(&heap, chunk, sizeof(chunk), sizeof(chunk));
	for (u32 n = 0; n < 100; n++)
		heap_free(&heap, heap_alloc(&heap, 128), 128);
	CHECK(heap.consumed == 0 && heap.next == heap.begin + 128);
	CHECK(heap_alloc(&heap, 64) && heap_alloc(&heap, 64));
	CHECK(ends(alloc_16, "Genode::Allocator::Out_of_memory"));
	CHECK(heap_alloc(&heap, 128) == chunk && heap.lock.state == UNLOCKED);
}

noreturn_t _start(void)
{
	check_refusals();
	check_blocks();
	check_limits();
	leave(0);
}
