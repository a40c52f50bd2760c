/* Integer types and small compile-time tools that every guest file uses.
 * Freestanding: nothing of a C library is available. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* the object that contains `member` at `pointer` */
#define CONTAINER_OF(pointer, type, member) ((type *)((u8 *)(pointer) - offsetof(type, member)))

/* what a frequent path seldom needs: kept out of it, so that its registers need not be saved there */
#define seldom __attribute__((noinline, cold))

#define inlined static inline __attribute__((always_inline))

#define noreturn_t __attribute__((noreturn)) void

#define PAGE_BYTES 0x1000u

static inline u32 round_page(u32 bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}
