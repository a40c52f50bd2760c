/* Copying and comparing bytes; the compiler may call the first two on its own. */
#pragma once

#include "types.h"

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
