/* See claim.h. */
#include "mapserver/claim.h"

/* Rules 1 and 3: accepted iff base == seq, also from the present owner. Base 0 matches only an EID
 * that was never registered. A base above our own number can only come from a state that we had and
 * lost, as a refresh's: refused, it would be refused for ever, since who knows a greater number
 * does not believe a smaller one (rule 4). A claim whose grant was lost comes again with the old
 * base: it is told that it stands, which changes nothing and is true. */
static enum claim_verdict judge_claim(const struct xtr *claimant, uint64_t base, bool same_locators,
	const struct claim_present *p)
{
	if (base == p->seq || (base > p->seq && base < CLAIM_SEQ_MAX))
		return CLAIM_GRANT;
	if (p->mapping && p->mapping->owner == claimant && p->seq == base + 1 && same_locators)
		return CLAIM_STANDS;
	return CLAIM_REFUSED;
}

/* Rule 2: never changes the owner. Rule 8: refused for an EID that has expired. A seq above our own
 * can only come from a state that we had and lost. */
static enum claim_verdict judge_refresh(
	const struct xtr *claimant, uint64_t seq, const struct claim_present *p)
{
	if (p->mapping && p->mapping->owner == claimant && p->seq == seq)
		return CLAIM_STANDS;
	if (seq > p->seq && seq < CLAIM_SEQ_MAX && p->may_restore)
		return CLAIM_RESTORE;
	return CLAIM_REFUSED;
}

/* Withdrawn already, and the answer was lost: it stands. */
static enum claim_verdict judge_withdrawal(
	const struct xtr *claimant, uint64_t seq, const struct claim_present *p)
{
	if (p->mapping && p->mapping->owner == claimant && p->seq == seq)
		return CLAIM_WITHDRAW;
	if (!p->mapping && p->seq != 0 && p->seq == seq + 1)
		return CLAIM_STANDS;
	return CLAIM_REFUSED;
}

enum claim_verdict claim_judge(enum move_kind kind, const struct xtr *claimant, uint64_t seq,
	bool same_locators, const struct claim_present *p)
{
	if (p->mapping && p->mapping->owner->is_static)
		return CLAIM_REFUSED; /* what the operator fixed, no xTR takes */
	switch (kind) {
	case MOVE_CLAIM:
		return judge_claim(claimant, seq, same_locators, p);
	case MOVE_REFRESH:
		return judge_refresh(claimant, seq, p);
	case MOVE_WITHDRAW:
		return judge_withdrawal(claimant, seq, p);
	default:
		return CLAIM_REFUSED;
	}
}
