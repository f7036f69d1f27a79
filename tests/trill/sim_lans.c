/* sim_lans: LANs with end stations and several RBridges each, on virtual time, that lose and regain
 * links, cables and RBridges at random (see virtual_lans.h). One seed is one run. Exit 1: a rule
 * was broken. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/trill/virtual_lans.h"

#define BETWEEN_MS 30000

static const char usage[] =
	"usage: sim --stations [OPTION ...]     LANs with end stations and several RBridges each\n"
	"  -n, --rbridges N  4 to 100 (8)           -l, --lans N     1 to 8 (5)\n"
	"  -t, --seconds N   of virtual time (120)  -s, --seed N     one seed is one run\n"
	"  -e, --esadi       in one of the VLANs    -v, --verbose    a line for each rest\n";

static void complain(struct mono now, const char *what)
{
	fprintf(stderr, "at %.3f s: %s\n", (double)now.ns / 1e9, what);
}

static void report(const struct virtual_lans *l, const struct lans_options *o, uint64_t seconds)
{
	const struct lans_counts *n = &l->counts;
	const struct lans_broken *b = &l->broken;

	printf("seed %llu: %u RBridges, %u LANs, %u stations, %llu s: %llu carriers lost, %llu "
	       "silences, %llu cables, %llu kills, %llu LANs cut in two, %llu back, %llu ports set "
	       "anew\n",
		(unsigned long long)o->seed, o->rbridges, o->lans, l->station_count,
		(unsigned long long)seconds, (unsigned long long)n->carriers,
		(unsigned long long)n->silences, (unsigned long long)n->cables,
		(unsigned long long)n->kills, (unsigned long long)n->cuts,
		(unsigned long long)n->back, (unsigned long long)n->orders);
	printf("  %llu frames of stations, %llu times on another's LAN, %llu copies pruned\n",
		(unsigned long long)n->sent, (unsigned long long)n->crossed,
		(unsigned long long)l->dp.pruned);
	printf("  %llu twice, %llu back, %llu looped, %llu astray; two forwarders for %llu ms; %llu "
	       "rests: %llu not as they should be, %llu without one forwarder; %.1f s of a "
	       "processor\n",
		(unsigned long long)b->twice, (unsigned long long)b->back,
		(unsigned long long)b->looped, (unsigned long long)b->astray,
		(unsigned long long)b->doubled, (unsigned long long)n->rests,
		(unsigned long long)b->unreached, (unsigned long long)b->unserved,
		(double)clock() / CLOCKS_PER_SEC);
}

static bool options_read(
	struct lans_options *o, uint64_t *seconds, bool *chatty, int argc, char **argv)
{
	static const struct option names[] = {{"rbridges", 1, 0, 'n'}, {"lans", 1, 0, 'l'},
		{"seconds", 1, 0, 't'}, {"seed", 1, 0, 's'}, {"esadi", 0, 0, 'e'},
		{"verbose", 0, 0, 'v'}, {"help", 0, 0, 'h'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "n:l:t:s:evh", names, NULL)) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 10) : 0;

		switch (option) {
		case 'n':
			o->rbridges = (unsigned int)number;
			break;
		case 'l':
			o->lans = (unsigned int)number;
			break;
		case 't':
			*seconds = number;
			break;
		case 's':
			o->seed = number;
			break;
		case 'e':
			o->esadi = true;
			break;
		case 'v':
			*chatty = true;
			break;
		case 'h':
			printf("%s", usage);
			exit(0);
		default:
			return false;
		}
	}
	return o->rbridges >= 4 && o->rbridges <= 100 && o->lans >= 1 && o->lans <= LANS_MAX;
}

int main(int argc, char **argv)
{
	struct lans_options options = {.rbridges = 8, .lans = 5, .seed = 1};
	struct virtual_lans *l;
	uint64_t seconds = 120, broken;
	bool chatty = false;

	if (!options_read(&options, &seconds, &chatty, argc, argv)) {
		fprintf(stderr, "%s", usage);
		return 2;
	}
	l = lans_new(&options);
	if (!l) {
		fprintf(stderr, "sim: out of memory\n");
		return 2;
	}
	l->complain = complain;
	lans_rest(l);
	for (uint64_t ms = 0; ms < seconds * 1000; ms += BETWEEN_MS) {
		lans_strike(l, seconds * 1000 - ms < BETWEEN_MS ? seconds * 1000 - ms : BETWEEN_MS);
		lans_rest(l);
		if (chatty)
			printf("  %6.1f s: %llu rules broken so far\n",
				(double)(ms + BETWEEN_MS) / 1e3,
				(unsigned long long)lans_broken(l));
	}
	report(l, &options, seconds);
	broken = lans_broken(l);
	lans_free(l);
	return broken ? 1 : 0;
}
