/* Copying, filling and comparing of bytes.
 * Built without loop-pattern recognition, which would turn the loops into calls to themselves. */
#include "memory.h"

void *memcpy(void *to, const void *from, size_t bytes)
{
	u8 *t = to;
	const u8 *f = from;

	if ((((uintptr_t)t | (uintptr_t)f) & 3) == 0)
		for (; bytes >= 4; bytes -= 4, t += 4, f += 4)
			*(u32 *)t = *(const u32 *)f;
	while (bytes--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, size_t bytes)
{
	u32 const word = (u8)value * 0x01010101u;
	u8 *t = to;

	if (((uintptr_t)t & 3) == 0)
		for (; bytes >= 4; bytes -= 4, t += 4)
			*(u32 *)t = word;
	while (bytes--)
		*t++ = (u8)value;
	return to;
}

size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

bool text_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}
