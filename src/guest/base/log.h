/* Log output of the component, formats as in print.h. The LOG session is opened by the first output. */
#pragma once

#include "print.h"

void log_line(const char *format, ...);
void log_warning(const char *format, ...);
void log_error(const char *format, ...);

/* flavour "rtcr": its components open the session before anything else */
void log_initialise(void);
