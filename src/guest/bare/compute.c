/*
 * Compute benchmark: checksums, matrices, sorting of lists by function pointer, a sieve, strings, divisions. No component: it runs
 * on a bare engine and, as a Linux program that only exits, under qemu-arm. Its result is the exit status's low seven bits and r1.
 */

typedef unsigned int word;
typedef unsigned char byte;

enum { ROUNDS = 600, BUFFER = 4096, SIZE = 24, NODES = 256, SIEVE = 8192, TEXT = 64 };

static word table[256];
static byte buffer[BUFFER];
static byte composite[SIEVE];
static int left[SIZE][SIZE], right[SIZE][SIZE], product[SIZE][SIZE];
static char text[TEXT], copy[TEXT];

struct node { struct node *next; int value; };
static struct node nodes[NODES];

static void make_table(void)
{
	for (word i = 0; i < 256; i++) {
		word sum = i;
		for (int bit = 0; bit < 8; bit++)
			sum = sum & 1 ? 0xedb88320u ^ (sum >> 1) : sum >> 1;
		table[i] = sum;
	}
}

static word checksum(const byte *from, int length)
{
	word sum = ~0u;
	for (int i = 0; i < length; i++)
		sum = table[(sum ^ from[i]) & 255] ^ (sum >> 8);
	return ~sum;
}

static void multiply(void)
{
	for (int row = 0; row < SIZE; row++)
		for (int column = 0; column < SIZE; column++) {
			int sum = 0;
			for (int k = 0; k < SIZE; k++)
				sum += left[row][k] * right[k][column];
			product[row][column] = sum;
		}
}

static int rising(int a, int b) { return a - b; }
static int falling(int a, int b) { return b - a; }

static struct node *merge(struct node *a, struct node *b, int (*compare)(int, int))
{
	struct node head, *last = &head;
	while (a && b) {
		struct node **smaller = compare(a->value, b->value) <= 0 ? &a : &b;
		last->next = *smaller;
		last = *smaller;
		*smaller = last->next;
	}
	last->next = a ? a : b;
	return head.next;
}

static struct node *sort(struct node *list, int length, int (*compare)(int, int))
{
	if (length < 2) {
		list->next = 0;
		return list;
	}
	struct node *middle = list;
	for (int i = 0; i < length / 2; i++)
		middle = middle->next;
	struct node *second = sort(middle, length - length / 2, compare);
	return merge(sort(list, length / 2, compare), second, compare);
}

static int primes(void)
{
	int count = 0;
	for (int i = 0; i < SIEVE; i++)
		composite[i] = 0;
	for (int i = 2; i < SIEVE; i++) {
		if (composite[i])
			continue;
		count++;
		for (int k = i + i; k < SIEVE; k += i)
			composite[k] = 1;
	}
	return count;
}

static word quotient(word dividend, word divisor)
{
	word result = 0, rest = 0;
	for (int bit = 31; bit >= 0; bit--) {
		rest = rest << 1 | (dividend >> bit & 1);
		if (rest >= divisor) {
			rest -= divisor;
			result |= 1u << bit;
		}
	}
	return result;
}

static int print(word number)
{
	int length = 0;
	do {
		word tenth = quotient(number, 10);
		text[length++] = (char)('0' + number - tenth * 10);
		number = tenth;
	} while (number);
	text[length] = 0;
	for (int i = 0; i <= length; i++)
		copy[i] = text[i];
	return length;
}

__attribute__((noinline, used)) static word work(void)
{
	word sum = 0;
	make_table();
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < BUFFER; i++)
			buffer[i] = (byte)(i * 7 + round);
		sum ^= checksum(buffer, BUFFER);
		for (int row = 0; row < SIZE; row++)
			for (int column = 0; column < SIZE; column++) {
				left[row][column] = (row + column) * round;
				right[row][column] = row - column;
			}
		multiply();
		sum += (word)product[3][5];
		for (int i = 0; i < NODES; i++) {
			nodes[i].value = (int)(((word)i * 2654435761u) >> 20);
			nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
		}
		int place = 0;
		for (struct node *at = sort(nodes, NODES, round & 1 ? rising : falling); at; at = at->next)
			sum += (word)(at->value * place++);
		sum += (word)primes() + (word)print(sum) + (byte)copy[1];
	}
	return sum;
}

__attribute__((naked, noreturn)) void _start(void)
{
	__asm__("bl work\n mov r1, r0\n and r0, r0, #127\n mov r7, #1\n svc #0\n");
}
