/* Formatting of numbers, texts and capabilities as Genode's log prints them (genode-base-foc.md 2.1, 8). */
#include "print.h"

#include "cap.h"
#include "division.h"

enum { DECIMAL_DIGITS = 10 };

static void put_text(struct output *output, const char *text)
{
	if (!text)
		text = "<null-string>";
	while (*text)
		output->put(output, *text++);
}

static void put_decimal(struct output *output, u32 value)
{
	char digits[DECIMAL_DIGITS];
	u32 count = 0;

	do {
		struct quotient part = divide(value, 10);

		digits[count++] = (char)('0' + part.remainder);
		value = part.quotient;
	} while (value);
	while (count)
		output->put(output, digits[--count]);
}

static void put_hex(struct output *output, u32 value)
{
	int shift = 28;

	put_text(output, "0x");
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		output->put(output, "0123456789abcdef"[(value >> shift) & 0xf]);
}

static void put_cap(struct output *output, const struct cap *cap)
{
	if (!cap) {
		put_text(output, "cap<invalid>");
		return;
	}
	put_text(output, "cap<kcap=");
	put_hex(output, cap_selector(cap));
	put_text(output, ",key=");
	put_decimal(output, cap->id);
	put_text(output, ">");
}

static void put_signed(struct output *output, i32 value)
{
	if (value < 0)
		output->put(output, '-');
	put_decimal(output, value < 0 ? 0u - (u32)value : (u32)value);
}

void print_arguments(struct output *output, const char *format, va_list arguments)
{
	for (; *format; format++) {
		if (*format != '%') {
			output->put(output, *format);
			continue;
		}
		switch (*++format) {
		case 's': put_text(output, va_arg(arguments, const char *)); break;
		case 'u': put_decimal(output, va_arg(arguments, u32)); break;
		case 'd': put_signed(output, va_arg(arguments, i32)); break;
		case 'x': put_hex(output, va_arg(arguments, u32)); break;
		case 'k': put_cap(output, va_arg(arguments, const struct cap *)); break;
		case '\0': return;
		default: output->put(output, *format);
		}
	}
}

struct buffer_output {
	struct output output;
	char *next;
	u32 left;
};

static void put_into_buffer(struct output *output, char character)
{
	struct buffer_output *buffer = CONTAINER_OF(output, struct buffer_output, output);

	if (buffer->left <= 1)
		return;
	*buffer->next++ = character;
	buffer->left--;
}

void print_text(char *to, u32 bytes, const char *format, ...)
{
	struct buffer_output buffer = { { put_into_buffer }, to, bytes };
	va_list arguments;

	va_start(arguments, format);
	print_arguments(&buffer.output, format, arguments);
	va_end(arguments);
	if (bytes)
		*buffer.next = '\0';
}

void print_text_arguments(char *to, u32 bytes, const char *format, va_list arguments)
{
	struct buffer_output buffer = { { put_into_buffer }, to, bytes };

	print_arguments(&buffer.output, format, arguments);
	if (bytes)
		*buffer.next = '\0';
}
