# crash_rows.sh: to be sourced by rows.sh. A party is killed outright after each step of a move, and comes back a second later; the guest goes on
# with its move meanwhile, as it would: nobody on its way waits for whoever is dead. A row for each of them and each step.

CRASH_STEPS=(incoming leaving stop tail resume claim gone)
declare -A CRASH_WHO=([parishv]="the agent at paris, the source" [tokyohv]="the agent at tokyo, the destination" [paris]="the xTR of paris, the source"
	[tokyo]="the xTR of tokyo, the destination" [ms]="the map-server")
declare -A CRASH_AFTER=([incoming]="the guest is expected at tokyo" [leaving]="it leaves paris" [stop]="it has stopped" [tail]="what it had not read has followed"
	[resume]="it runs at tokyo" [claim]="it is mapped to tokyo" [gone]="it is gone from paris")

# crash_step STEP [wait]: what happens to the guest; with wait, until all know
crash_step()
{
	case $1 in
	incoming) do_it incoming 0 tokyohv && [ -z "${2:-}" ] || poll 5 "tokyo to expect it" agent_said tokyohv incoming ;;
	leaving) do_it migrate 0 parishv && [ -z "${2:-}" ] || poll 5 "paris to know that it leaves" agent_said parishv leaving ;;
	stop) do_it stop 0 parishv ;;
	tail) [ -z "${2:-}" ] || poll 5 "paris to know that it is paused" agent_said parishv paused ;;
	resume)
		do_it completed 0 parishv && do_it resume 0 tokyohv
		AT=tokyo
		mark runs
		;;
	claim) [ -z "${2:-}" ] || poll 5 "its mapping to follow" mapped_at tokyo ;;
	gone) do_it die 0 parishv && [ -z "${2:-}" ] || poll 5 "paris to know that it is gone" agent_said parishv gone ;;
	esac
}

# crash WHO AFTER: each step 0.1 s after the one before; those before the crash known to all
crash()
{
	local who=$1 after=$2 step wait=wait
	for step in "${CRASH_STEPS[@]}"; do
		crash_step "$step" $wait
		if [ "$step" = "$after" ]; then
			case $who in paris | tokyo) mark cut ;; esac
			fault_kill "$who"
			(pause 1) &
			wait=
		fi
		pause 0.1
	done
	wait $!
	fault_start "$who"
	case $who in paris | tokyo) mark mended ;; esac
}

# What a party that is killed loses at most. An xTR: what it held, and what comes while it learns what is so. The source's agent: what came
# to the tap of a guest that had stopped, until the destination says that it runs there.
crash_bound() # WHO AFTER
{
	case $1:$2 in
	paris:* | tokyo:*) echo 2500 ;;
	parishv:incoming) echo 2500 ;; # nobody says that it stopped: paris asks the dead agent, then the guest, for 1.2 s
	parishv:leaving | parishv:stop | parishv:tail) echo 700 ;;
	*) echo 2 ;;
	esac
}

for crash_who in parishv tokyohv paris tokyo ms; do
	for crash_after in "${CRASH_STEPS[@]}"; do
		row "kill-$crash_who-after-$crash_after" standin "$(crash_bound $crash_who $crash_after)" 4000 40 \
			"${CRASH_WHO[$crash_who]}, is killed when ${CRASH_AFTER[$crash_after]}, and is back a second later" \
			"the guest runs at tokyo, and all agree on it; a client that has not subscribed may come by way of paris until paris has forgotten the move"
		eval "do_kill_${crash_who}_after_$crash_after() { crash $crash_who $crash_after; }"
	done
done
