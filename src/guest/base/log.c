/* Owner of the LOG session and of the one buffer that all threads share under a lock (genode-base-foc.md 8). */
#include "log.h"

#include "env.h"
#include "lock.h"
#include "log_buffer.h"

enum { OP_WRITE = 0 };

static struct lock log_lock = LOCK_INITIALISER;
static struct log_buffer buffer;
static struct cap *session;

static void write(const char *text, u32 bytes)
{
	struct message message;

	rpc_begin(&message, OP_WRITE);
	message_put_buffer(&message, text, bytes);
	rpc_call_void(session, &message);
}

static void open_session(void)
{
	if (session)
		return;
	log_buffer_initialise(&buffer, write);
	if (parent_session(env.parent, "LOG", "ram_quota=8K, label=\"\"", &session) == RPC_OK)
		cap_reference(session);
}

static void output(const char *prefix, const char *format, va_list arguments)
{
	lock_take(&log_lock);
	open_session();
	for (; *prefix; prefix++)
		buffer.output.put(&buffer.output, *prefix);
	print_arguments(&buffer.output, format, arguments);
	for (const char *end = "\033[0m\n"; *end; end++)
		buffer.output.put(&buffer.output, *end);
	lock_release(&log_lock);
}

void log_line(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	output("", format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	output("\033[34mWarning: ", format, arguments);
	va_end(arguments);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	output("\033[31mError: ", format, arguments);
	va_end(arguments);
}

void log_initialise(void)
{
	log_line("Initializing LOG session");
}
