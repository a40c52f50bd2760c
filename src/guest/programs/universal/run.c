/* Owner of the configuration text and of the rule what happens after a failed step. */
#include "run.h"

#include "env.h"
#include "log.h"
#include "memory.h"

static struct text_slice config;
static bool stop_on_error;

struct entrypoint *component_ep;

static const struct step *const tables[] = {
	flow_steps, variable_steps, memory_steps, map_steps, session_steps, account_steps,
	thread_steps, lock_steps, object_steps, service_steps, signal_steps, fault_steps,
};

void run_set_config(struct text_slice text, bool stop)
{
	config = text;
	stop_on_error = stop;
}

static const struct step *step_named(struct text_slice tag)
{
	for (u32 n = 0; n < ARRAY_LENGTH(tables); n++)
		for (const struct step *step = tables[n]; step->tag; step++)
			if (slice_equal(tag, step->tag))
				return step;
	return NULL;
}

/* "line 7 <attach name=..>" as far as it identifies the step */
static void report(struct run *run, const struct xml_node *node, const char *what)
{
	char tag[THING_NAME_BYTES], name[THING_NAME_BYTES];
	struct text_slice value;

	slice_copy(node->tag, tag, sizeof(tag));
	if (xml_find(node, "step", &value) || xml_find(node, "name", &value)) {
		slice_copy(value, name, sizeof(name));
		log_error("%s, line %u, <%s> '%s': %s", run->actor->name, xml_line(config.at, node->begin), tag, name, what);
	} else {
		log_error("%s, line %u, <%s>: %s", run->actor->name, xml_line(config.at, node->begin), tag, what);
	}
}

static bool starts_with(const char *text, const char *start)
{
	while (*start && *text == *start)
		text++, start++;
	return !*start;
}

/* a step that is expected to fail works if it fails that way, by attribute fails="REASON" */
static bool judge(struct run *run, const struct xml_node *node, bool worked)
{
	struct text_slice value;
	char expected[FAILURE_BYTES];

	if (!xml_find(node, "fails", &value)) {
		if (!worked && run->failure[0])
			report(run, node, run->failure);
		return worked;
	}
	slice_copy(value, expected, sizeof(expected));
	if (!worked && starts_with(run->failure, expected))
		return true;
	if (worked)
		fail(run, "works, but '%s' was expected", expected);
	report(run, node, run->failure);
	return false;
}

static bool run_step(struct run *run, const struct xml_node *node)
{
	const struct step *step = step_named(node->tag);
	bool worked;

	run->failure[0] = '\0';
	worked = step ? step->run(run, node) : fail(run, "unknown step");
	return judge(run, node, worked);
}

bool run_steps(struct run *run, const struct xml_node *node)
{
	struct xml_node step;
	bool all = true;

	if (run->depth == DEPTH_MAX)
		return fail(run, "steps are nested too deeply");
	run->depth++;
	for (bool more = xml_first(node, &step); more && !run->leave && !run->leave_loop; more = xml_next(node, &step)) {
		if (run_step(run, &step))
			continue;
		all = false;
		if (stop_on_error)
			run->leave = true;
	}
	run->depth--;
	/* an empty failure: what failed inside has been told there */
	return all || fail(run, "%s", "");
}

bool fail(struct run *run, const char *format, ...)
{
	/* an argument may point into the failure that is replaced */
	char text[FAILURE_BYTES];
	va_list arguments;

	va_start(arguments, format);
	print_text_arguments(text, sizeof(text), format, arguments);
	va_end(arguments);
	memcpy(run->failure, text, sizeof(text));
	return false;
}

bool check(struct run *run, i32 code, const char *const *exceptions)
{
	u32 count = 0;

	if (code == RPC_OK)
		return true;
	if (code == RPC_CANCELED)
		return fail(run, "Blocking_canceled");
	if (code == RPC_INVALID_OBJECT)
		return fail(run, "Ipc_error");
	while (exceptions && exceptions[count])
		count++;
	/* the last exception is -1001 */
	if (code < -1000 && (u32)(-1000 - code) <= count)
		return fail(run, "%s", exceptions[count - (u32)(-1000 - code)]);
	return fail(run, "exception %d", code);
}

bool define(struct run *run, const struct xml_node *node, enum thing_kind kind, struct thing **thing)
{
	char name[THING_NAME_BYTES];

	if (!attribute_text(run, node, "name", name, sizeof(name)))
		return false;
	*thing = thing_make(name, kind);
	if (*thing)
		return true;
	return thing_find(name) ? fail(run, "the name '%s' is taken", name) : fail(run, "there are too many things");
}

static const char *const session_exceptions[] = { "Service_denied", "Quota_exceeded", "Unavailable", NULL };

bool actor_timer(struct run *run, struct timer **timer)
{
	struct actor *actor = run->actor;
	struct cap *session = NULL;

	*timer = &actor->timer;
	if (actor->timer_open)
		return true;
	if (!check(run, parent_session(env.parent, "Timer", "ram_quota=8K, label=\"\"", &session), session_exceptions))
		return false;
	timer_use(&actor->timer, session);
	actor->timer_open = true;
	return true;
}
