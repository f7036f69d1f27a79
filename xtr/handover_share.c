/* handover_share: how much of the xTR's time one agent may take, and how often one EID may ring the
 * alarm. See handover_internal.h, and docs/decisions/handover.md.
 *
 * Who has recorded an agent's messages can send them again, authentic as they are. So what has come
 * before has a share of its own, which is for acknowledgements that were lost: repeating it takes
 * nothing from what the agent has to say now. Knows counters and numbers, not what is said. */
#include "xtr/handover_internal.h"

#define TAILS_PER_S                                                                                \
	65536           /* packets, and at once: eight guests with all that a hold has room for    \
			 */
#define AGAIN_PART 8    /* of the rate of states: for what was said before */
#define ALARM_MS   1000 /* between two of an EID */

/* Take @count tokens of @per_s; what can never be taken at once counts as all there is. */
static bool take(
	struct agent *a, struct limit *limit, uint32_t per_s, uint32_t count, const char *what)
{
	struct env *env = a->room->env;
	const struct limit_rate rate = limit_per_s(per_s, per_s);

	if (limit_take_all(limit, &rate, count < per_s ? count : per_s, env->now))
		return true;
	env_count(env, XTR_HANDOVER_DROP_AGENT_RATE);
	log_limited(env->log, &a->full, env->now, LOG_LEVEL_WARNING,
		"agent \"%s\" %s a second: what is beyond is dropped (its share is %u)",
		a->conf.name, what, per_s);
	return false;
}

bool share_takes(struct agent *a, const struct handover *h)
{
	const uint32_t states = a->room->env->policy.limits.states_per_agent;
	bool taken;

	if (seen_has(&a->had, h->counter))
		return take(a, &a->again, states / AGAIN_PART + 1, 1, "repeats too many messages");
	if (h->kind == HANDOVER_TAIL)
		taken = take(a, &a->tails, TAILS_PER_S, 1, "brings too many packets of tails");
	else
		taken = take(a, &a->states, states, h->host_count ? h->host_count : 1,
			"says too many states of EIDs");
	if (taken) /* else it is new when it comes again */
		seen_take(&a->had, h->counter);
	return taken;
}

bool share_alarm(struct passage *p)
{
	const struct limit_rate rate = limit_every_ms(ALARM_MS, 1);

	return limit_take(&p->alarms, &rate, p->room->env->now);
}
