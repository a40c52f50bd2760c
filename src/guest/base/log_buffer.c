/* When collected text is sent: at a newline, when the buffer is full, or before an escape sequence
 * that would not fit whole any more (genode-base-foc.md 8). */
#include "log_buffer.h"

enum { ESCAPE = 27, ESCAPE_SEQUENCE_BYTES = 8 };

static void flush(struct log_buffer *buffer)
{
	buffer->text[buffer->used] = '\0';
	buffer->write(buffer->text, buffer->used + 1);
	buffer->used = 0;
}

static void put(struct output *output, char character)
{
	struct log_buffer *buffer = CONTAINER_OF(output, struct log_buffer, output);

	if (character == ESCAPE && LOG_BUFFER_BYTES - buffer->used < ESCAPE_SEQUENCE_BYTES)
		flush(buffer);
	buffer->text[buffer->used++] = character;
	if (character == '\n' || buffer->used == LOG_BUFFER_BYTES - 1)
		flush(buffer);
}

void log_buffer_initialise(struct log_buffer *buffer, void (*write)(const char *text, u32 bytes))
{
	buffer->output.put = put;
	buffer->write = write;
	buffer->used = 0;
}
