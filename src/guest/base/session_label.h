/* The label in session arguments, by which a server tells its clients apart. */
#pragma once

#include "types.h"

/* the value of label="..", cut off; "" without one */
void session_label(const char *args, char *to, u32 bytes);

/* what follows the last " -> " of a label */
const char *label_last_element(const char *label);
