/*
 * The kernel's paths, over and over, as a root task without any Genode around it. Five entries in a table:
 * calls between two threads of one task, calls between two tasks, page faults that a pager in another task answers, threads that
 * yield to each other, and kernel calls. The finished rounds are counted in the word behind them. Owner of all the objects it makes.
 */

typedef unsigned int word;

enum {
	SLOT_TASK = 1, SLOT_FACTORY = 2, SLOT_PAGER = 4, SLOT_SCHEDULER = 7,
	SLOT_SERVER = 0x100, SLOT_CLIENT, SLOT_CLIENT_TASK, SLOT_GATE,
	CALL = 3, REPLY_AND_WAIT = 0xf, OPEN_WAIT = 6, RECEIVE = 2,
	PRIORITY = 128,
	OBJECT_PAGE = 0x37, MAP = 8,
	ROOT_UTCBS = 0xbfff0000, UTCB_BYTES = 512, CHILD_UTCBS = 0x28000000, PAGE_ORDER = 12,
	/* what the faulting task sees of the root's memory, one page at a time */
	WINDOW = 0x20000000, HALF_ORDER = 19, HALF = 1 << HALF_ORDER, SOURCE = 0x71000000,
	SECTION = 0x70400000, SECTION_ORDER = 20,
};

static const word SELF = 0xfffff800u, ZERO = 0x04000400u, REPLY_NOW = 0x04000000u;
static const word THREAD = 0xfff40000u, FACTORY = 0xfff10000u, SCHEDULER = 0xfff20000u, TASK = 0xfff50000u;

struct utcb {
	word mr[63], reserved, descriptor, buffer[58], error;
};

static void calling(void), calling_across(void), faulting(void), yielding(void), asking(void);

/* the image's entry point is this table */
struct paths {
	void (*entry[5])(void);
	volatile word rounds;
} paths = { { calling, calling_across, faulting, yielding, asking }, 0 };

static word stacks[3][256];
#define TOP(n) ((word)&stacks[n][256])

static inline struct utcb *utcb(void)
{
	register word result asm("r0");
	asm volatile("mov lr, pc\n\tmvn pc, #0xff" : "=r"(result) : : "lr", "cc");
	return (struct utcb *)result;
}

static inline word invoke(word tag, word destination, word timeouts)
{
	register word r0 asm("r0") = tag;
	register word r2 asm("r2") = destination;
	register word r3 asm("r3") = timeouts;
	register word r4 asm("r4") = 0;
	asm volatile("mov lr, pc\n\tmvn pc, #0xb" : "+r"(r0), "+r"(r4) : "r"(r2), "r"(r3) : "lr", "cc", "memory");
	return r0;
}

static word selector(word slot, word operation) { return slot << 12 | operation; }
static word object(word slot) { return slot << 12 | OBJECT_PAGE; }
static word memory(word base, word order) { return base | order << 6 | 0x17; }

static void give_buffer(word slot)
{
	utcb()->descriptor = 0;
	utcb()->buffer[0] = slot << 12 | 0xa;
}

static void make_thread(word slot, word task, word area, word pager, void (*entry)(void), word stack)
{
	struct utcb *u = utcb();

	give_buffer(slot);
	u->mr[0] = (word)-12;
	invoke(FACTORY | 1, selector(SLOT_FACTORY, CALL), 0);
	u->mr[0] = 0x1210000;
	u->mr[1] = u->mr[2] = pager << 12;
	u->mr[3] = u->mr[4] = 0;
	u->mr[5] = area;
	u->mr[6] = MAP;
	u->mr[7] = object(task);
	invoke(THREAD | 1 << 6 | 6, selector(slot, CALL), 0);
	u->mr[0] = 1;
	u->mr[1] = (word)entry;
	u->mr[2] = stack;
	invoke(THREAD | 3, selector(slot, CALL), 0);
}

static void start_thread(word slot)
{
	struct utcb *u = utcb();

	u->mr[0] = u->mr[2] = 1;
	u->mr[1] = u->mr[4] = 0;
	u->mr[3] = PRIORITY;
	u->mr[5] = MAP;
	u->mr[6] = object(slot);
	invoke(SCHEDULER | 1 << 6 | 5, selector(SLOT_SCHEDULER, CALL), 0);
}

static void make_gate(word slot, word thread)
{
	struct utcb *u = utcb();

	give_buffer(slot);
	u->mr[0] = u->mr[1] = 0;
	u->mr[2] = 0x140;
	u->mr[3] = MAP;
	u->mr[4] = object(thread);
	invoke(FACTORY | 1 << 6 | 3, selector(SLOT_FACTORY, CALL), 0);
}

static void map_to(word task, word item, word page)
{
	struct utcb *u = utcb();

	u->mr[0] = 0;
	u->mr[1] = item;
	u->mr[2] = page;
	u->mr[3] = MAP;
	u->mr[4] = object(SLOT_TASK);
	invoke(TASK | 1 << 6 | 3, selector(task, CALL), 0);
}

static void serve(void)
{
	invoke(0, SELF | OPEN_WAIT, 0);
	for (;;)
		invoke(2, SELF | REPLY_AND_WAIT, REPLY_NOW);
}

/* gives the page of the window that the fault message names; when one half begins, the other is taken back at once */
static void page(void)
{
	invoke(0, SELF | OPEN_WAIT, 0);
	for (;;) {
		struct utcb *u = utcb();
		word const address = u->mr[0] & ~0xfffu;

		if ((address & (HALF - 1)) == 0) {
			u->mr[0] = 1;
			u->mr[1] = 0;
			u->mr[2] = memory(SOURCE + ((address - WINDOW) ^ HALF), HALF_ORDER);
			invoke(TASK | 3, selector(SLOT_TASK, CALL), 0);
		}
		u->mr[0] = address | MAP;
		u->mr[1] = memory(SOURCE + address - WINDOW, PAGE_ORDER);
		paths.rounds++;
		invoke(1 << 6, SELF | REPLY_AND_WAIT, REPLY_NOW);
	}
}

static void ask_server(void)
{
	for (;;) {
		invoke(2, selector(SLOT_GATE, CALL), 0);
		paths.rounds++;
	}
}

static void touch(void)
{
	for (;;)
		for (word at = WINDOW; at < WINDOW + 2 * HALF; at += 1u << PAGE_ORDER)
			*(volatile word *)at;
}

static void yield(void)
{
	for (;;) {
		invoke(0, SELF | RECEIVE, ZERO);
		paths.rounds++;
	}
}

static __attribute__((noreturn)) void sleep_forever(void)
{
	for (;;)
		invoke(0, SELF | RECEIVE, 0);
}

static void make_server(void (*server)(void))
{
	make_thread(SLOT_SERVER, SLOT_TASK, ROOT_UTCBS + UTCB_BYTES, SLOT_PAGER, server, TOP(1));
	make_gate(SLOT_GATE, SLOT_SERVER);
	start_thread(SLOT_SERVER);
}

/* the client's task sees the program where the root has it, and the gate in the root's slot */
static void make_client_task(void (*client)(void))
{
	struct utcb *u = utcb();

	give_buffer(SLOT_CLIENT_TASK);
	u->mr[0] = (word)-11;
	u->mr[1] = 0;
	u->mr[2] = memory(CHILD_UTCBS, PAGE_ORDER);
	invoke(FACTORY | 3, selector(SLOT_FACTORY, CALL), 0);
	map_to(SLOT_CLIENT_TASK, SECTION | MAP, memory(SECTION, SECTION_ORDER));
	map_to(SLOT_CLIENT_TASK, SLOT_GATE << 12 | MAP, object(SLOT_GATE));
	make_thread(SLOT_CLIENT, SLOT_CLIENT_TASK, CHILD_UTCBS, SLOT_GATE, client, TOP(2));
	start_thread(SLOT_CLIENT);
}

static void calling(void)
{
	make_server(serve);
	make_thread(SLOT_CLIENT, SLOT_TASK, ROOT_UTCBS + 2 * UTCB_BYTES, SLOT_PAGER, ask_server, TOP(2));
	start_thread(SLOT_CLIENT);
	sleep_forever();
}

static void calling_across(void)
{
	make_server(serve);
	make_client_task(ask_server);
	sleep_forever();
}

static void faulting(void)
{
	make_server(page);
	make_client_task(touch);
	sleep_forever();
}

static void yielding(void)
{
	make_thread(SLOT_SERVER, SLOT_TASK, ROOT_UTCBS + UTCB_BYTES, SLOT_PAGER, yield, TOP(1));
	make_thread(SLOT_CLIENT, SLOT_TASK, ROOT_UTCBS + 2 * UTCB_BYTES, SLOT_PAGER, yield, TOP(2));
	start_thread(SLOT_SERVER);
	start_thread(SLOT_CLIENT);
	sleep_forever();
}

/* is the own task's slot occupied: the shortest call of an object that has an answer */
static void asking(void)
{
	struct utcb *u = utcb();

	for (;;) {
		u->mr[0] = 2;
		u->mr[1] = SLOT_TASK << 12;
		invoke(TASK | 2, selector(SLOT_TASK, CALL), 0);
		paths.rounds++;
	}
}
