/* Turns reports into ROM modules: <policy label="ROM client" report="REPORTER -> REPORT"/> says who reads what. With verbose="yes" every
 * report is logged. Counterpart of Genode's server of that name. */
#include "args_root.h"
#include "attached_ram.h"
#include "component.h"
#include "config.h"
#include "dataspace.h"
#include "env.h"
#include "log.h"
#include "memory.h"
#include "session_args.h"
#include "session_label.h"

enum {
	ROM_DATASPACE, ROM_UPDATE, ROM_SIGH,
	REPORT_DATASPACE = 0, REPORT_SUBMIT, REPORT_RESPONSE_SIGH, REPORT_OBTAIN_RESPONSE,
	LABEL_BYTES = 160,
	LINE_BYTES = 200,
	MODULES = 16,
};

const u32 component_stack_bytes = 16 * 1024;

/* the last report of a name; exists as long as a writer or a reader refers to it */
struct module {
	char name[LABEL_BYTES];
	u32 users;
	const void *last_writer;
	struct attached_ram content;
	u32 bytes;
};

struct report_session {
	struct session session;
	struct module *module;
	struct attached_ram buffer;
};

struct rom_session {
	struct session session;
	struct rom_session *next;
	struct module *module;
	struct attached_ram content;
	u32 bytes;
	struct cap *sigh;
};

static struct xml_node config;
static bool verbose;
static struct module modules[MODULES];
static struct rom_session *readers;

static struct module *module_named(const char *name)
{
	struct module *empty = NULL;

	for (u32 n = 0; n < MODULES; n++) {
		if (modules[n].users && text_equal(modules[n].name, name)) {
			modules[n].users++;
			return &modules[n];
		}
		if (!modules[n].users && !empty)
			empty = &modules[n];
	}
	if (!empty)
		return NULL;
	memset(empty, 0, sizeof(*empty));
	print_text(empty->name, sizeof(empty->name), "%s", name);
	empty->users = 1;
	return empty;
}

static void module_release(struct module *module)
{
	if (--module->users == 0)
		attached_ram_close(&module->content);
}

static void notify_readers(const struct module *module)
{
	for (struct rom_session *s = readers; s; s = s->next)
		if (s->module == module && s->sigh)
			pd_submit(env.pd, s->sigh, 1);
}

static void log_report(const struct module *module)
{
	char line[LINE_BYTES];
	u32 used = 0;

	log_line("report '%s'", module->name);
	for (u32 n = 0; n < module->bytes; n++) {
		char const c = module->content.at[n];

		if (c && c != '\n' && used < sizeof(line) - 1)
			line[used++] = c;
		if (c && c != '\n' && n + 1 < module->bytes && used < sizeof(line) - 1)
			continue;
		line[used] = '\0';
		if (used)
			log_line("  %s", line);
		used = 0;
		if (!c)
			return;
	}
}

static void submit(struct report_session *s, u32 bytes)
{
	struct module *module = s->module;

	if (bytes > s->buffer.bytes)
		bytes = s->buffer.bytes;
	if (module->content.bytes < bytes) {
		attached_ram_close(&module->content);
		attached_ram_open(&module->content, bytes);
	}
	if (bytes)
		memcpy(module->content.at, s->buffer.at, bytes);
	module->bytes = bytes;
	module->last_writer = s;
	if (verbose)
		log_report(module);
	notify_readers(module);
}

static i32 dispatch_report(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct report_session *s = CONTAINER_OF(object, struct report_session, session.object);

	switch (opcode) {
	case REPORT_DATASPACE:
		message_put_cap(reply, s->buffer.dataspace);
		return RPC_OK;
	case REPORT_SUBMIT:
		submit(s, message_take_word(request));
		break;
	case REPORT_RESPONSE_SIGH:
	case REPORT_OBTAIN_RESPONSE:
		break;
	default:
		return RPC_INVALID_OPCODE;
	}
	message_put_word(reply, 0);
	return RPC_OK;
}

static i32 report_opened(struct session *session, const char *args)
{
	struct report_session *s = CONTAINER_OF(session, struct report_session, session);
	u32 const quota = session_arg_number(args, "ram_quota", 0), bytes = session_arg_number(args, "buffer_size", 0);
	char label[LABEL_BYTES];

	session_label(args, label, sizeof(label));
	if (bytes > quota || quota - bytes < PAGE_BYTES) {
		log_error("insufficient ram donation from %s", label);
		return ROOT_QUOTA_EXCEEDED;
	}
	if (!bytes) {
		log_error("zero-length report requested by %s", label);
		return ROOT_INVALID_ARGS;
	}
	s->module = module_named(label);
	if (!s->module) {
		log_error("too many reports, '%s' is refused", label);
		return ROOT_UNAVAILABLE;
	}
	attached_ram_open(&s->buffer, bytes);
	return RPC_OK;
}

static void report_closed(struct session *session)
{
	struct report_session *s = CONTAINER_OF(session, struct report_session, session);

	if (s->module->last_writer == s) {
		s->module->bytes = 0;
		s->module->last_writer = NULL;
	}
	module_release(s->module);
	attached_ram_close(&s->buffer);
}

static struct cap *rom_content(struct rom_session *s)
{
	attached_ram_close(&s->content);
	if (!s->module->bytes)
		return NULL;
	attached_ram_open(&s->content, s->module->bytes);
	memcpy(s->content.at, s->module->content.at, s->module->bytes);
	s->bytes = s->module->bytes;
	return s->content.dataspace;
}

/* in place only if the new content fits */
static bool rom_refresh(struct rom_session *s)
{
	if (!s->content.dataspace || s->module->bytes > s->content.bytes)
		return false;
	memcpy(s->content.at, s->module->content.at, s->module->bytes);
	if (s->module->bytes < s->bytes)
		memset(s->content.at + s->module->bytes, 0, s->bytes - s->module->bytes);
	s->bytes = s->module->bytes;
	return true;
}

static i32 dispatch_rom(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct rom_session *s = CONTAINER_OF(object, struct rom_session, session.object);

	switch (opcode) {
	case ROM_DATASPACE:
		message_put_cap(reply, rom_content(s));
		return RPC_OK;
	case ROM_UPDATE:
		message_put_word(reply, rom_refresh(s));
		return RPC_OK;
	case ROM_SIGH:
		cap_drop(s->sigh);
		s->sigh = message_take_cap(request);
		/* what changed between opening and this call must not be missed */
		if (s->sigh)
			pd_submit(env.pd, s->sigh, 1);
		message_put_word(reply, 0);
		return RPC_OK;
	default:
		return RPC_INVALID_OPCODE;
	}
}

/* the report that a ROM label stands for, by exact label */
static bool find_policy(const struct xml_node *policies, const char *label, char *report, u32 bytes)
{
	struct text_slice value;
	struct xml_node policy;

	for (bool more = xml_first(policies, &policy); more; more = xml_next(policies, &policy))
		if (slice_equal(policy.tag, "policy") && xml_find(&policy, "label", &value) && slice_equal(value, label) && xml_find(&policy, "report", &value)) {
			slice_copy(value, report, bytes);
			return true;
		}
	return false;
}

static i32 rom_opened(struct session *session, const char *args)
{
	struct rom_session *s = CONTAINER_OF(session, struct rom_session, session);
	char label[LABEL_BYTES], report[LABEL_BYTES];

	session_label(args, label, sizeof(label));
	if (!find_policy(&config, label, report, sizeof(report))) {
		log_warning("no valid policy for ROM request '%s'", label);
		return ROOT_INVALID_ARGS;
	}
	s->module = module_named(report);
	if (!s->module)
		return ROOT_UNAVAILABLE;
	s->next = readers;
	readers = s;
	return RPC_OK;
}

static void rom_closed(struct session *session)
{
	struct rom_session *s = CONTAINER_OF(session, struct rom_session, session), **link = &readers;

	while (*link && *link != s)
		link = &(*link)->next;
	if (*link)
		*link = s->next;
	module_release(s->module);
	attached_ram_close(&s->content);
	cap_drop(s->sigh);
}

static const struct args_service report_service = {
	.name = "Report", .session_bytes = sizeof(struct report_session), .dispatch = dispatch_report, .opened = report_opened, .closed = report_closed,
};

static const struct args_service rom_service = {
	.name = "ROM", .session_bytes = sizeof(struct rom_session), .dispatch = dispatch_rom, .opened = rom_opened, .closed = rom_closed,
};

void component_construct(struct entrypoint *entrypoint)
{
	static struct args_root report_root, rom_root;
	const char *fault = config_open(&config);
	struct text_slice value;

	if (fault) {
		log_error("report_rom: %s", fault);
		return;
	}
	verbose = xml_find(&config, "verbose", &value) && slice_equal(value, "yes");
	args_root_announce(&report_root, entrypoint, &report_service);
	args_root_announce(&rom_root, entrypoint, &rom_service);
}
