/* ROM modules that change with time, as their configuration says: <rom name=".."> holds <inline>, <empty/> and <sleep milliseconds=".."/>,
 * done in order for each session, again and again. Counterpart of Genode's server of that name. */
#include "args_root.h"
#include "attached_ram.h"
#include "component.h"
#include "config.h"
#include "dataspace.h"
#include "env.h"
#include "log.h"
#include "memory.h"
#include "session_label.h"

enum {
	OP_DATASPACE, OP_UPDATE, OP_SIGH,
	TIMER_OP_TRIGGER_ONCE = 0,
	TIMER_OP_SIGH = 2,
	LABEL_BYTES = 160,
	TEXT_BYTES = 200,
	/* a module without <sleep> would keep the server busy for ever */
	STEPS_MAX = 1000,
};

const u32 component_stack_bytes = 16 * 1024;

struct rom_session {
	struct session session;
	struct signal_handler timeout;
	struct cap *timer;
	struct cap *sigh;
	struct xml_node module;
	/* the step that is next, and the one whose text is the content */
	struct xml_node next;
	struct xml_node content;
	bool has_content;
	struct attached_ram memory;
};

static struct xml_node config;
static struct entrypoint *ep;
static bool verbose;

static bool attribute_is(const struct xml_node *node, const char *name, const char *value)
{
	struct text_slice found;

	return xml_find(node, name, &found) && slice_equal(found, value);
}

static void tell(const struct rom_session *s, const char *what, const char *more)
{
	struct text_slice value;
	char name[LABEL_BYTES] = "";

	if (!verbose)
		return;
	if (xml_find(&s->module, "name", &value))
		slice_copy(value, name, sizeof(name));
	log_line("%s: %s%s", name, what, more);
}

static void notify(const struct rom_session *s)
{
	if (s->sigh)
		pd_submit(env.pd, s->sigh, 1);
}

static u32 number(struct text_slice text)
{
	u32 value = 0;

	for (u32 n = 0; n < text.bytes && text.at[n] >= '0' && text.at[n] <= '9'; n++)
		value = value * 10 + (u32)(text.at[n] - '0');
	return value;
}

static void replace_content(struct rom_session *s, bool has_content)
{
	struct text_slice value;
	char text[TEXT_BYTES] = "", told[TEXT_BYTES] = "";

	s->content = s->next;
	s->has_content = has_content;
	notify(s);
	if (!has_content) {
		tell(s, "remove", "");
		return;
	}
	if (xml_find(&s->next, "description", &value)) {
		slice_copy(value, text, sizeof(text));
		print_text(told, sizeof(told), " (%s)", text);
	}
	tell(s, "change", told);
}

static void sleep_ms(struct rom_session *s, u32 ms)
{
	struct message message;
	char told[TEXT_BYTES];

	rpc_begin(&message, TIMER_OP_TRIGGER_ONCE);
	message_put_word(&message, ms * 1000);
	rpc_call_void(s->timer, &message);
	print_text(told, sizeof(told), "%u milliseconds", ms);
	tell(s, "sleep ", told);
}

/* false at a step that takes time */
static bool run_step(struct rom_session *s)
{
	struct text_slice value;

	if (slice_equal(s->next.tag, "inline"))
		replace_content(s, true);
	if (slice_equal(s->next.tag, "empty"))
		replace_content(s, false);
	if (!slice_equal(s->next.tag, "sleep") || !xml_find(&s->next, "milliseconds", &value))
		return true;
	sleep_ms(s, number(value));
	return false;
}

static void run_steps(struct rom_session *s)
{
	bool more = true;

	for (u32 n = 0; more && n < STEPS_MAX; n++) {
		more = run_step(s);
		if (!xml_next(&s->module, &s->next))
			xml_first(&s->module, &s->next);
	}
	if (more)
		log_error("a module without <sleep> changes all the time, it is left as it is");
}

static void timeout(struct signal_handler *handler, u32 count)
{
	(void)count;
	run_steps(CONTAINER_OF(handler, struct rom_session, timeout));
}

/* the text that was handed out before stays as it is until the client asks again */
static struct cap *new_dataspace(struct rom_session *s)
{
	if (!s->has_content)
		return NULL;
	attached_ram_close(&s->memory);
	attached_ram_open(&s->memory, (u32)(s->module.end - s->module.begin));
	memcpy(s->memory.at, s->content.content.at, s->content.content.bytes);
	return s->memory.dataspace;
}

static i32 dispatch(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct rom_session *s = CONTAINER_OF(object, struct rom_session, session.object);

	switch (opcode) {
	case OP_DATASPACE:
		message_put_cap(reply, new_dataspace(s));
		return RPC_OK;
	case OP_UPDATE:
		message_put_word(reply, 0);
		return RPC_OK;
	case OP_SIGH:
		cap_drop(s->sigh);
		s->sigh = message_take_cap(request);
		message_put_word(reply, 0);
		return RPC_OK;
	default:
		return RPC_INVALID_OPCODE;
	}
}

static bool find_module(const char *name, struct xml_node *module)
{
	for (bool more = xml_first(&config, module); more; more = xml_next(&config, module))
		if (attribute_is(module, "name", name))
			return true;
	return false;
}

static i32 opened(struct session *session, const char *args)
{
	struct rom_session *s = CONTAINER_OF(session, struct rom_session, session);
	struct message message;
	char label[LABEL_BYTES];

	session_label(args, label, sizeof(label));
	if (!find_module(label_last_element(label), &s->module) || !xml_first(&s->module, &s->next)) {
		log_error("ROM module lookup of '%s' failed", label);
		return ROOT_INVALID_ARGS;
	}
	s->timer = env_session("Timer", "ram_quota=8K");
	s->timeout.handle = timeout;
	rpc_begin(&message, TIMER_OP_SIGH);
	message_put_cap(&message, entrypoint_manage_signal(ep, &s->timeout));
	rpc_call_void(s->timer, &message);
	run_steps(s);
	return RPC_OK;
}

static void closed(struct session *session)
{
	struct rom_session *s = CONTAINER_OF(session, struct rom_session, session);

	parent_close(env.parent, s->timer);
	cap_drop(s->timer);
	signal_receiver_dissolve(&s->timeout.context);
	cap_drop(s->sigh);
	attached_ram_close(&s->memory);
}

static const struct args_service rom_service = {
	.name = "ROM",
	.session_bytes = sizeof(struct rom_session),
	.dispatch = dispatch,
	.opened = opened,
	.closed = closed,
};

void component_construct(struct entrypoint *entrypoint)
{
	static struct args_root root;
	const char *fault = config_open(&config);

	ep = entrypoint;
	if (fault) {
		log_error("dynamic_rom: %s", fault);
		return;
	}
	verbose = attribute_is(&config, "verbose", "yes");
	args_root_announce(&root, entrypoint, &rom_service);
}
