# race_rows.sh: to be sourced by rows.sh. Moves that cross each other, or that nobody may make, or that the map-server does not hear of.

# there FROM TO MS [MORE]: a whole move, prepared or not as fast as the script can
prepared_move() { do_it incoming 0 "$2hv" && poll 5 "$2 to expect it" agent_said "$2hv" incoming && do_it migrate 0 "$1hv" && poll 5 "$1 to know that it leaves" agent_said "$1hv" leaving; }
cut_over() # FROM TO DARK_MS
{
	do_it cut 0 "$1hv" "$2hv" "$3"
	mark runs "$(jq -r '.resumed_ns / 1e9' <<<"$STANDIN_SAID")"
	AT=$2
}

row move-prepared standin 0 50 10 "a prepared move with 200 ms between stop and resume, and nothing goes wrong" "it runs at tokyo"
do_move_prepared() { prepared_move paris tokyo && cut_over paris tokyo 200 && do_it die 0 parishv; }

row destination-refuses standin 0 50 35 "tokyo's QEMU does not take the guest, before it has stopped" "it runs on at paris, unharmed"
do_destination_refuses()
{
	prepared_move paris tokyo
	do_it die 0 tokyohv && do_it failed 0 parishv
}

row destination-refuses-after-stop standin 2 50 35 "tokyo's QEMU does not take the guest, after it has stopped; 0.3 s later it runs on at paris" \
	"what came meanwhile was held, and comes back to it"
do_destination_refuses_after_stop()
{
	prepared_move paris tokyo
	do_it stop 0 parishv && pause 0.15
	do_it die 0 tokyohv && pause 0.15
	do_it failed 0 parishv && do_it resume 0 parishv
	mark runs
}

row first-of-two standin 0 50 35 "tokyo and berlin both expect the guest; it goes to tokyo, and berlin's QEMU is ended" "it runs at tokyo"
do_first_of_two()
{
	do_it incoming 0 berlinhv && prepared_move paris tokyo && poll 5 "berlin to expect it" agent_said berlinhv incoming
	cut_over paris tokyo 200
	do_it die 0 berlinhv && do_it die 0 parishv
}

row last-of-two standin 0 50 35 "berlin expects the guest, then tokyo; it goes to berlin, and tokyo's QEMU stands for 5 s more" "it runs at berlin"
do_last_of_two()
{
	do_it incoming 0 berlinhv && poll 5 "berlin to expect it" agent_said berlinhv incoming && prepared_move paris tokyo
	cut_over paris berlin 200
	do_it die 0 parishv && pause 5 && do_it die 0 tokyohv
}

row there-and-back standin 2 100 15 "paris to tokyo, and back at once: both moves within a second, the second one not waited for by anybody" "it runs at paris"
do_there_and_back()
{
	prepared_move paris tokyo
	cut_over paris tokyo 100
	do_it die 0 parishv && do_it incoming 0 parishv && do_it migrate 0 tokyohv && pause 0.2
	cut_over tokyo paris 100
	do_it die 0 tokyohv
}

row map-server-away-60-s standin 2 500 35 "the map-server says nothing from before the stop of a prepared move until 60 s after it; another guest at tokyo has spoken with the client before" \
	"paris redirects; the claim waits; then all agree"
do_map_server_away_60_s()
{
	do_it boot 1 tokyohv
	poll 10 "the client to reach tokyo's other guest" lab_exec client ping -c 1 -W 1 "$(standin_address 1)"
	prepared_move paris tokyo
	kill -STOP "${LAB_PID[ms]}"
	pause 0.5
	cut_over paris tokyo 200
	do_it die 0 parishv
	pause 60
	reached $LAB_MACHINE || fault_fail "not reached while the map-server was away"
	kill -CONT "${LAB_PID[ms]}"
}

row map-server-away-unprepared standin 3000 3000 35 "the map-server says nothing, and the guest dies at paris and is started at tokyo; 10 s later the map-server is back" \
	"it is found where it runs once the map-server is back"
do_map_server_away_unprepared()
{
	kill -STOP "${LAB_PID[ms]}"
	mark dead
	do_it die 0 parishv
	pause 0.2
	do_it boot 0 tokyohv
	AT=tokyo
	pause 10
	kill -CONT "${LAB_PID[ms]}"
	poll 10 "its mapping" mapped_at tokyo
	mark runs
}

row duplicate-address standin 0 50 35 "the same guest is started at tokyo, while it runs at paris: for 3 s there are two of it" \
	"an alarm; the owner keeps it, and no packet comes to tokyo"
do_duplicate_address()
{
	do_it incoming 0 tokyohv && poll 5 "tokyo to expect it" agent_said tokyohv incoming
	do_it resume 0 tokyohv
	poll 5 "tokyo's alarm" grep -q "says that it runs there: it stays there" "$LAB_DIR/tokyo.log"
	pause 3
	mapped_at paris || fault_fail "tokyo has taken it"
	do_it die 0 tokyohv
}

# The stranger has no agent. What is lost is what came to tokyo between its claim and paris's next one: a round trip to the map-server and one to
# paris, and what its agent needs to answer; probes come each millisecond.
row address-announced-elsewhere standin 100 50 35 "for 5 s a machine at tokyo, without an agent, says by ARP that it has the guest's address, each half second, and answers ARP for it" \
	"an alarm that names it; tokyo gives it up; paris keeps the guest"
do_address_announced_elsewhere()
{
	local n
	lab_spaces stranger
	lab_link stranger eth0 tokyohv stranger
	lab_ip tokyohv link set stranger master br0 up
	lab_ip stranger addr add $LAB_MACHINE/24 dev eth0
	lab_ip stranger link set eth0 up
	for ((n = 0; n < 10; n++)); do # each asks anew who the gateway is, from the guest's address
		lab_ip stranger neigh flush dev eth0
		lab_exec stranger ping -c 1 -W 0.5 203.0.113.1 >"$LAB_DIR/stranger" 2>&1 || :
		pause 0.4
	done
	poll 5 "tokyo's alarm" grep -q "a second machine with its address" "$LAB_DIR/tokyo.log"
	mapped_at paris || fault_fail "tokyo has taken it"
}

row gone-while-agent-down standin 4 0 45 "the agent is down while the guest ends, and comes back after it" "its owner withdraws it"
do_gone_while_agent_down()
{
	fault_kill parishv
	mark dead
	do_it die 0 parishv
	pause 1
	fault_start parishv
	AT=none
}
