/* The 236 bytes in which a component collects text for one LOG request (genode-base-foc.md 8). */
#pragma once

#include "print.h"

enum { LOG_BUFFER_BYTES = 236 };

struct log_buffer {
	struct output output;
	/* gets a terminated text; bytes count the terminating zero */
	void (*write)(const char *text, u32 bytes);
	u32 used;
	char text[LOG_BUFFER_BYTES];
};

void log_buffer_initialise(struct log_buffer *buffer, void (*write)(const char *text, u32 bytes));
