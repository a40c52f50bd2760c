/* How a check program for qemu-arm ends: with 1 after the number of the line whose check failed on its error output (exit codes have 8 bits), or with 0.
 * A Linux program without a library: the two system calls it needs are here. */
#pragma once

#include "memory.h"
#include "print.h"
#include "types.h"

static noreturn_t leave(u32 code)
{
	register u32 r0 asm("r0") = code;
	register u32 r7 asm("r7") = 1;

	asm volatile("svc #0" : : "r"(r0), "r"(r7));
	for (;;)
		;
}

static noreturn_t fail(u32 line)
{
	static char text[32];
	register u32 r0 asm("r0") = 2;
	register u32 r1 asm("r1") = (u32)text;
	register u32 r2 asm("r2");
	register u32 r7 asm("r7") = 4;

	print_text(text, sizeof(text), "line %u\n", line);
	r2 = text_length(text);
	r0 = 2, r1 = (u32)text, r7 = 4;
	asm volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory");
	leave(1);
}

#define CHECK(condition) do { if (!(condition)) fail(__LINE__); } while (0)
