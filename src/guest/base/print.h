/* Formatted text: %s text (null prints as <null-string>), %u %d decimal, %x 0x and hexadecimal, %k capability, %% percent. */
#pragma once

#include "types.h"

struct output {
	void (*put)(struct output *output, char character);
};

void print_arguments(struct output *output, const char *format, va_list arguments);

/* into a buffer, cut off and always terminated */
void print_text(char *to, u32 bytes, const char *format, ...);
void print_text_arguments(char *to, u32 bytes, const char *format, va_list arguments);
