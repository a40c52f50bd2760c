/*
 * Executes single A32 or T32 instructions under an ARM Linux (qemu-arm) and tells what they did: the reference side of the CPU's
 * differential test. Freestanding; the layout of records and addresses is agreed with case.ts. The first word of the input is what
 * the code area is filled with, then come the cases.
 *
 * Everything happens in one signal handler. The code area is full of undefined instructions: the case's code is put into its
 * middle, the handler returns to them with the case's registers, and what follows traps back into the handler.
 */

typedef unsigned int u32;
typedef unsigned char u8;

enum {
	CODE = 0x60000000, CODE_BYTES = 0x10000, ENTRY = CODE + 0x8000, ENTRY_WORDS = 32,
	DATA = 0x50000000, DATA_BYTES = 0x2000, WINDOW = DATA + 0xf80, WINDOW_BYTES = 256,
	SYS_EXIT = 1, SYS_READ = 3, SYS_WRITE = 4, SYS_RT_SIGACTION = 174, SYS_SIGALTSTACK = 186, SYS_MMAP2 = 192,
	CACHEFLUSH = 0xf0002,
	SA_FLAGS = 0x4 | 0x04000000 | 0x08000000 | 0x40000000, /* siginfo, restorer, own stack, not blocked */
	FLAGS_WRITABLE = 0xf80f0020, FLAGS_CLEARED = 0x0600fe00, /* ITSTATE, and the order of bytes, which msr can change */
};

struct input { u32 code[ENTRY_WORDS]; u32 r[16]; u32 cpsr; u8 window[WINDOW_BYTES]; };
struct output { u32 signal; u32 r[16]; u32 cpsr; u8 window[WINDOW_BYTES]; };

/* The parts of the kernel's ucontext for ARM that matter here. */
struct context { u32 flags, link, stack[3], trap, error, mask, r[16], cpsr, fault_address; };

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	register long r3 __asm__("r3") = d;
	register long r4 __asm__("r4") = e;
	register long r5 __asm__("r5") = f;
	register long r7 __asm__("r7") = number;
	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r7) : "memory");
	return r0;
}

static void leave(int status) { for (;;) call(SYS_EXIT, status, 0, 0, 0, 0, 0); }

static int read_all(void *into, u32 bytes)
{
	u32 done = 0;
	while (done < bytes) {
		long got = call(SYS_READ, 0, (long)((u8 *)into + done), bytes - done, 0, 0, 0);
		if (got <= 0) return 0;
		done += got;
	}
	return 1;
}

static void write_all(const void *from, u32 bytes)
{
	u32 done = 0;
	while (done < bytes) {
		long put = call(SYS_WRITE, 1, (long)((const u8 *)from + done), bytes - done, 0, 0, 0);
		if (put <= 0) leave(2);
		done += put;
	}
}

static int running;

static void prepare(struct context *context)
{
	static struct input input;
	volatile u32 *code = (volatile u32 *)ENTRY;
	if (!read_all(&input, sizeof(input))) leave(0);
	for (u32 k = 0; k < ENTRY_WORDS; k++) code[k] = input.code[k];
	call(CACHEFLUSH, ENTRY, ENTRY + 4 * ENTRY_WORDS, 0, 0, 0, 0);
	for (u32 k = 0; k < WINDOW_BYTES; k++) ((volatile u8 *)WINDOW)[k] = input.window[k];
	for (u32 k = 0; k < 15; k++) context->r[k] = input.r[k];
	context->r[15] = ENTRY;
	context->cpsr = (context->cpsr & ~(FLAGS_WRITABLE | FLAGS_CLEARED)) | (input.cpsr & FLAGS_WRITABLE);
	running = 1;
}

static void report(u32 signal, const struct context *context)
{
	static struct output output;
	output.signal = signal;
	for (u32 k = 0; k < 16; k++) output.r[k] = context->r[k];
	output.cpsr = context->cpsr;
	for (u32 k = 0; k < WINDOW_BYTES; k++) output.window[k] = ((volatile u8 *)WINDOW)[k];
	write_all(&output, sizeof(output));
}

static void handler(int signal, void *info, struct context *context)
{
	(void)info;
	if (running) report(signal, context);
	prepare(context);
}

__attribute__((naked)) static void restorer(void) { __asm__("mov r7, #173\n\tsvc #0\n"); }

static void map(u32 address, u32 bytes)
{
	/* read, write, execute; private, fixed, anonymous */
	if ((u32)call(SYS_MMAP2, address, bytes, 7, 0x32, -1, 0) != address) leave(3);
}

void start(void)
{
	static u8 stack[16384];
	static const int signals[] = { 4, 5, 7, 11 };
	struct { void *handler; u32 flags; void *restorer; u32 mask[2]; } action = { handler, SA_FLAGS, restorer, { 0, 0 } };
	struct { void *base; u32 flags; u32 bytes; } alternate = { stack, 0, sizeof(stack) };

	u32 fill;

	if (!read_all(&fill, sizeof(fill))) leave(4);
	map(CODE, CODE_BYTES);
	map(DATA, DATA_BYTES);
	for (u32 k = 0; k < CODE_BYTES / 4; k++) ((volatile u32 *)CODE)[k] = fill;
	call(SYS_SIGALTSTACK, (long)&alternate, 0, 0, 0, 0, 0);
	for (u32 k = 0; k < 4; k++) call(SYS_RT_SIGACTION, signals[k], (long)&action, 0, 8, 0, 0);
	((void (*)(void))ENTRY)();
}

__attribute__((naked)) void _start(void) { __asm__("b start\n"); }
