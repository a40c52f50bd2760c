/* Checks the guest library's parts that need no kernel, as a Linux program for qemu-arm; the kernel calls they make are played here.
 * Leaves with the number of the first line whose check failed, or 0. */
#include "cap_map.h"
#include "cap_order.h"
#include "check.h"
#include "division.h"
#include "lock.h"
#include "log_buffer.h"
#include "memory.h"
#include "print.h"
#include "session_args.h"
#include "thread.h"

static u32 random_state = 12345;

static u32 random_number(u32 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return divide(random_state, limit).remainder;
}

/* a kernel with a capability space: object number per slot, 0 = empty */
static u32 space[CAP_RECORDS];

bool task_cap_valid(u32 selector)
{
	return space[selector >> SELECTOR_SHIFT] != 0;
}

bool task_cap_equal(u32 a, u32 b)
{
	return space[a >> SELECTOR_SHIFT] == space[b >> SELECTOR_SHIFT];
}

void task_grant(u32 from, u32 to)
{
	space[to >> SELECTOR_SHIFT] = space[from >> SELECTOR_SHIFT];
	space[from >> SELECTOR_SHIFT] = 0;
}

void kernel_yield(void)
{
	fail(__LINE__);
}

void kernel_print(const char *text)
{
	(void)text;
}

/* threads: a wait runs what the test has prepared, in the name of another thread */
static struct thread threads[3];
static struct thread *current = &threads[0], *woken;
static void (*while_waiting)(void);

struct thread *thread_myself(void)
{
	return current;
}

void thread_wait(void)
{
	struct thread *waiting = current;

	if (while_waiting)
		while_waiting();
	current = waiting;
}

void thread_wake(struct thread *thread)
{
	woken = thread;
}

static void check_division(void)
{
	for (u32 n = 0; n < 2000; n++) {
		u32 divisor = 1 + random_number(n + 1), quotient = random_number(100000);
		u32 remainder = random_number(divisor);
		u64 large = ((u64)quotient << 20) * divisor + remainder;

		CHECK(divide(quotient * divisor + remainder, divisor).quotient == quotient);
		CHECK(divide(quotient * divisor + remainder, divisor).remainder == remainder);
		CHECK(divide_long(large, divisor) == (u64)quotient << 20);
	}
	CHECK(divide(0xffffffff, 0xffffffff).quotient == 1);
	CHECK(divide(0xffffffff, 0x80000001).remainder == 0x7ffffffe);
}

static void check_print(void)
{
	char text[64];

	print_text(text, sizeof(text), "%u %d %x %s %% %s", 4294967295u, -7, 0x1a0u, "abc", (const char *)NULL);
	CHECK(text_equal(text, "4294967295 -7 0x1a0 abc % <null-string>"));
	print_text(text, sizeof(text), "%x %u %k", 0u, 0u, (struct cap *)NULL);
	CHECK(text_equal(text, "0x0 0 cap<invalid>"));
	print_text(text, 5, "%s", "abcdefgh");
	CHECK(text_equal(text, "abcd"));
}

static char written[1024];
static u32 writes, written_bytes;

static void record_write(const char *text, u32 bytes)
{
	CHECK(text[bytes - 1] == '\0' && text_length(text) == bytes - 1 && bytes <= LOG_BUFFER_BYTES);
	memcpy(written + written_bytes, text, bytes);
	written_bytes += bytes - 1;
	writes++;
}

static u32 writes_of_line(u32 characters, const char *end)
{
	static struct log_buffer buffer;

	log_buffer_initialise(&buffer, record_write);
	writes = written_bytes = 0;
	for (u32 n = 0; n < characters; n++)
		buffer.output.put(&buffer.output, 'x');
	for (; *end; end++)
		buffer.output.put(&buffer.output, *end);
	CHECK(buffer.used == 0);
	CHECK(written_bytes >= characters && written[written_bytes - 1] == '\n');
	return writes;
}

static void check_log_buffer(void)
{
	CHECK(writes_of_line(10, "\033[0m\n") == 1);
	/* 228 characters leave 8 bytes: the escape sequence still goes with them */
	CHECK(writes_of_line(228, "\033[0m\n") == 1);
	CHECK(writes_of_line(229, "\033[0m\n") == 2);
	CHECK(writes_of_line(235, "\033[0m\n") == 2);
	CHECK(writes_of_line(600, "\033[0m\n") == 3);
}

static void check_session_args(void)
{
	const char *args = "xram_quota=1, label=\"a, ram_quota=2\", ram_quota = 0x10K, buffer=3M";

	CHECK(session_arg_number(args, "ram_quota", 7) == 0x10 << 10);
	CHECK(session_arg_number(args, "buffer", 7) == 3 << 20);
	CHECK(session_arg_number(args, "quota", 7) == 7);
	CHECK(session_arg_number("", "ram_quota", 7) == 7);
	CHECK(session_arg_number("ram_quota=8K", "ram_quota", 0) == 8192);
}

enum { WINDOW = 0xf00, IDS = 200 };

/* the object that a capability id stands for arrives in a window slot */
static struct cap *receive(u32 id, u32 object)
{
	space[WINDOW] = object;
	return cap_reference(cap_map_insert_received(id, WINDOW << SELECTOR_SHIFT));
}

static void check_positions(void)
{
	struct cap *window = cap_index_allocate_range(4), *a, *b, *c;

	CHECK(cap_slot(window) == 0x200);
	a = receive(40, 1);
	b = receive(44, 2);
	CHECK(cap_slot(a) == 0x204 && cap_slot(b) == 0x205 && space[WINDOW] == 0);
	CHECK(receive(40, 1) == a && a->references == 2 && space[WINDOW] == 1);
	CHECK(receive(40, 3) == NULL);
	cap_index_free(window, 4);
	c = receive(48, 4);
	CHECK(cap_slot(c) == 0x200);
	CHECK(cap_slot(cap_index_allocate_range(4)) == 0x206);
	cap_drop(a);
	cap_drop(a);
	CHECK(cap_map_find(40) == NULL && a->id == 0 && space[0x204] == 1);
	/* the object behind id 44 is deleted and the id used again: the old record stays in use */
	space[0x205] = 0;
	CHECK(cap_slot(receive(44, 5)) == 0x201 && cap_map_find(44) != b && b->id == 44);
	cap_drop(b);
	CHECK(cap_map_find(44) && b->id == 0);
	CHECK(cap_slot(cap_map_insert_at(52, 9)) == 9 && cap_map_find(52)->references == 0);
	CHECK(cap_reference(cap_map_find(52))->references == 0);
	cap_drop(cap_map_find(52));
	CHECK(cap_map_find(52) != NULL);
}

/* what a search from the first slot on finds */
static u32 first_fit(u32 count)
{
	const struct cap *array = cap_index_allocator.array;
	u32 start = 0x200, n = 0;

	for (; n < count; n++)
		if (array[start + n].id)
			start += n + 1, n = (u32)-1;
	return start;
}

/* ranges, windows and single slots come and go: each takes the first place that fits, whatever was remembered of earlier ones */
static void check_first_fit(void)
{
	enum { HELD = 24 };
	static struct cap *held[HELD];
	static u32 count[HELD];

	for (u32 round = 0; round < 4000; round++) {
		u32 const k = random_number(HELD);

		if (held[k] && count[k] == WINDOW_SLOTS && (round & 1)) {
			cap_index_close_window(held[k], NULL);
			held[k] = NULL;
		} else if (held[k]) {
			cap_index_free(held[k], count[k]);
			held[k] = NULL;
		} else if (round & 1) {
			u32 const expected = first_fit(count[k] = WINDOW_SLOTS);

			held[k] = cap_index_open_window(NULL);
			CHECK(cap_slot(held[k]) == expected);
		} else {
			u32 const expected = first_fit(count[k] = 1 + random_number(5));

			held[k] = cap_index_allocate_range(count[k]);
			CHECK(cap_slot(held[k]) == expected);
		}
	}
	for (u32 k = 0; k < HELD; k++)
		if (held[k])
			cap_index_free(held[k], count[k]);
	CHECK(first_fit(1) == 0x200);
}

#if defined(FLAVOUR_STOCK)
static u32 depth_of(struct cap *cap)
{
	u32 left, right;

	if (!cap)
		return 0;
	left = depth_of(cap->child[0]), right = depth_of(cap->child[1]);
	CHECK(cap->depth == 1 + (left > right ? left : right));
	CHECK(left <= right + 1 && right <= left + 1);
	CHECK(!cap->child[0] || (cap->child[0]->id < cap->id && cap->child[0]->parent == cap));
	CHECK(!cap->child[1] || (cap->child[1]->id > cap->id && cap->child[1]->parent == cap));
	return cap->depth;
}
#else
static u32 depth_of(struct cap *cap)
{
	return cap ? 1 + depth_of(cap->next) : 0;
}
#endif

/* the map agrees with a plain table through a long random history */
static void check_map(void)
{
	static struct cap *known[IDS];

	for (u32 n = 0; n < 4000; n++) {
		u32 id = 1000 + random_number(IDS);
		struct cap **expected = &known[id - 1000];

		CHECK(cap_map_find(id) == *expected);
		if (*expected) {
			cap_drop(*expected);
			*expected = NULL;
		} else {
			*expected = receive(id, id);
			CHECK(*expected && cap_id(*expected) == id && space[cap_slot(*expected)] == id);
		}
		if (n < 200 || random_number(50) == 0)
			depth_of(capability_map.first);
	}
}

static struct lock lock;

static void release_as_first(void)
{
	current = &threads[0];
	lock_release(&lock);
	CHECK(woken == &threads[1]);
}

static void check_lock(void)
{
	lock_initialise(&lock, UNLOCKED);
	current = &threads[0];
	CHECK(lock_take(&lock) && lock.owner.thread == &threads[0]);

	/* handed over to the one that waits, without becoming free in between */
	current = &threads[1];
	while_waiting = release_as_first;
	CHECK(lock_take(&lock) && lock.owner.thread == &threads[1] && lock.state == LOCKED);

	/* a wait that ends without hand-over is given up and leaves no trace in the queue */
	while_waiting = NULL;
	current = &threads[2];
	CHECK(!lock_take(&lock) && lock.last == &lock.owner && !lock.owner.next);

	current = &threads[1];
	woken = NULL;
	lock_release(&lock);
	CHECK(!woken && lock.state == UNLOCKED && lock.owner.thread == LOCK_NOBODY);

	/* made locked: the maker queues behind itself until somebody else releases */
	current = &threads[1];
	lock_initialise(&lock, LOCKED);
	while_waiting = release_as_first;
	CHECK(lock_take(&lock) && lock.owner.thread == &threads[1]);
}

noreturn_t _start(void);

noreturn_t _start(void)
{
	cap_index_initialise();
	check_division();
	check_print();
	check_log_buffer();
	check_session_args();
	check_first_fit();
	check_positions();
	check_map();
	check_lock();
	leave(0);
}
