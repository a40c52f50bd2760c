/*
 * A program for the lock-step test, compiled to T32 with one function in A32: what compilers make of sorting, table switches,
 * 64-bit arithmetic, bit fields, conditional assignments, recursion, calls through pointers, exclusive accesses. It writes one word
 * per round with Linux system calls, so that qemu-arm can say what is right.
 */

typedef unsigned int u32;
typedef unsigned char u8;
typedef signed short s16;
typedef unsigned long long u64;

#define APART __attribute__((noinline))
#define IN_ARM __attribute__((noinline, target("arm")))

enum { SYS_EXIT = 1, SYS_WRITE = 4, ROUNDS = 6, KEYS = 48 };

struct node { u32 key; struct node *left, *right; };
struct packed { u32 low : 5, middle : 11, high : 16; };

static u32 keys[KEYS];
static struct node nodes[KEYS];
static u8 bytes[160];
static s16 halves[32];
static u64 state;
static u32 shared;

APART static u64 random_long(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

APART static void sort(u32 *first, u32 *last)
{
	if (last - first < 2) return;
	u32 pivot = first[(last - first) / 2], *low = first, *high = last - 1;
	while (low <= high) {
		while (*low < pivot) low++;
		while (*high > pivot) high--;
		if (low <= high) { u32 t = *low; *low++ = *high; *high-- = t; }
	}
	sort(first, high + 1);
	sort(low, last);
}

APART static struct node *insert(struct node *tree, struct node *node)
{
	if (!tree) return node;
	if (node->key < tree->key) tree->left = insert(tree->left, node);
	else tree->right = insert(tree->right, node);
	return tree;
}

APART static u32 depth(const struct node *tree)
{
	if (!tree) return 0;
	u32 left = depth(tree->left), right = depth(tree->right);
	return 1 + (left > right ? left : right);
}

APART static u32 step(u32 op, u32 a, u32 b)
{
	switch (op) {
	case 0: return a + b;
	case 1: return a - b;
	case 2: return a * b;
	case 3: return a ^ (b >> 3);
	case 4: return __builtin_bswap32(a) + b;
	case 5: return (a >> (b & 31)) | (a << (-b & 31));
	case 6: return a & ~b;
	case 7: return __builtin_clz(a | 1) + b;
	case 8: return (u8)a + (s16)b;
	case 9: return a | 0xff00ff;
	case 10: return (int)a > (int)b ? a : b;
	default: return a < b ? ~a : -b;
	}
}

APART static u32 divide(u32 a, u32 b)
{
	u32 quotient = 0, rest = 0;
	for (int k = 31; k >= 0; k--) {
		rest = (rest << 1) | ((a >> k) & 1);
		if (rest >= b) { rest -= b; quotient |= 1u << k; }
	}
	return quotient ^ rest;
}

IN_ARM static u32 checksum(const u8 *from, u32 count, u32 (*mix)(u32, u32, u32))
{
	u32 sum = ~0u;
	for (u32 k = 0; k < count; k++) sum = mix(k % 3, sum, from[k]) + (sum >> 27);
	return sum;
}

APART static void add_shared(u32 amount)
{
	u32 value, failed;
	do {
		__asm__ volatile("ldrex %0, [%2]\n\tadd %0, %0, %3\n\tstrex %1, %0, [%2]"
			: "=&r"(value), "=&r"(failed) : "r"(&shared), "r"(amount) : "memory");
	} while (failed);
}

APART static u32 fields(u32 seed)
{
	struct packed p = { seed, seed >> 3, seed >> 9 };
	p.middle += p.low;
	p.high ^= p.middle;
	return p.low | (p.middle << 7) | (p.high << 15);
}

APART static u32 text(void)
{
	const char *from = "Thumb code runs in lock-step.";
	u8 *to = bytes;
	while ((*to = *from++)) { if (*to >= 'a' && *to <= 'z') *to -= 32; to++; }
	u32 hash = 5381;
	for (u8 *at = bytes; *at; at++) hash = hash * 33 + *at;
	return hash;
}

static u32 round_of(u32 number)
{
	u32 result = text();
	for (u32 k = 0; k < KEYS; k++) keys[k] = (u32)random_long();
	for (u32 k = 0; k < KEYS; k++) nodes[k] = (struct node){ keys[k], 0, 0 };
	struct node *tree = 0;
	for (u32 k = 0; k < KEYS; k++) tree = insert(tree, &nodes[k]);
	result += depth(tree);
	sort(keys, keys + KEYS);
	for (u32 k = 0; k < KEYS; k++) result = step(k % 12, result, keys[k]);
	for (u32 k = 0; k < 32; k++) halves[k] = (s16)(keys[k] >> 9) * (k & 1 ? -3 : 5);
	for (u32 k = 0; k < 32; k++) result += halves[k] < 0 ? -halves[k] : halves[k] >> 1;
	for (u32 k = 0; k < sizeof(bytes); k++) bytes[k] ^= (u8)(random_long() >> (k % 56));
	result ^= checksum(bytes, sizeof(bytes), step);
	u64 product = (u64)result * keys[1] + random_long();
	result += (u32)(product >> 32) + (u32)((long long)product % 1 == 0 ? product : 0);
	add_shared(result);
	return fields(result) + divide(result, number + 7) + shared;
}

static u32 call(u32 number, u32 a, u32 b, u32 c)
{
	register u32 r0 __asm__("r0") = a;
	register u32 r1 __asm__("r1") = b;
	register u32 r2 __asm__("r2") = c;
	__asm__ volatile("push {r7}\n\tmov r7, %1\n\tcmp r0, r0\n\tit eq\n\tsvceq #0\n\tpop {r7}"
		: "+r"(r0) : "r"(number), "r"(r1), "r"(r2) : "memory", "cc");
	return r0;
}

void program(void)
{
	state = 88172645463325252ull;
	for (u32 k = 0; k < ROUNDS; k++) {
		u32 result = round_of(k);
		call(SYS_WRITE, 1, (u32)&result, sizeof(result));
	}
	for (;;) call(SYS_EXIT, 0, 0, 0);
}

__attribute__((naked, target("arm"), section(".first"))) void _start(void) { __asm__("ldr r0, =program\n\tbx r0\n\t.ltorg"); }
