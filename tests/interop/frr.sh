# frr.sh: to be sourced. FRR's isisd as a neighbour of RBridges, through isis_shim, in namespaces of tests/lab/topology.sh. SYSTEM: system IDs by
# name; each isisd and each RBridge is alone in the namespace of its name. A test is begun by frr_begin NAME...
FRR=/usr/lib/frr
require root netns ip vtysh
for p in zebra isisd; do [ -x $FRR/$p ] || skip "no $FRR/$p (Debian's frr)"; done
getent passwd frr >/dev/null || skip "no user frr"
failures=0
declare -A SYSTEM=()
wires=()

clean()
{
	local log
	[ $failures = 0 ] || for log in "$LAB_DIR"/*.log; do tail -n 20 "$log" | sed "s|^|${log##*/}: |"; done
	lab_down
}

pass() { echo "ok   $*"; }
fail() { echo "FAIL $*"; failures=$((failures + 1)); }

# prove WHAT COMMAND...: the command succeeds within ten seconds of an idle machine
prove()
{
	local what=$1
	shift
	if lab_poll 10 "$what" "$@" 2>/dev/null; then pass "$what"; else fail "$what"; fi
}

# wire RB PORT FRR PORT [SECRET...]: a link of an RBridge's namespace to an isisd's, where the shim stands
wire()
{
	local rb=$1 port=$2 frr=$3 circuit=$4 secret end keys=()
	shift 4
	for secret in "$@"; do keys+=(-k "$secret"); done
	wires+=("$rb-$frr")
	lab_link "$rb" "$port" "$frr" "t-$circuit"
	lab_ip "$frr" link add "s-$circuit" type veth peer name "$circuit"
	for end in "t-$circuit" "s-$circuit" "$circuit"; do lab_ip "$frr" link set "$end" up; done
	lab_ip "$frr" addr add "192.0.2.$((16 * ${#wires[@]} + 1))/28" dev "$circuit"
	lab_ip "$rb" link set "$port" up
	mkfifo "$LAB_DIR/shim-$rb-$frr.in"
	lab_start "$frr" "shim-$rb-$frr" bash -c "exec \"\$@\" <>'$LAB_DIR/shim-$rb-$frr.in'" - "$LAB_BIN/tests/interop/isis_shim" \
		"${keys[@]}" -a "192.0.2.$((16 * ${#wires[@]} + 2))" "t-$circuit" "s-$circuit"
}

tell() { echo "$2" >"$LAB_DIR/shim-$1.in"; } # WIRE COMMAND
passed() { grep -qE "$2" "$LAB_DIR/shim-$1.out"; } # WIRE PATTERN

isisd_config() # NAME SECRET CIRCUIT...
{
	local name=$1 secret=$2 circuit
	shift 2
	echo "hostname $name"
	for circuit in "$@"; do
		cat <<-END
			interface $circuit
			 ip router isis campus
			 isis circuit-type level-1
			 isis network point-to-point
			 isis hello-interval 1
			 isis hello-multiplier 4
			 isis psnp-interval 1 level-1
			 isis csnp-interval 1 level-1
			 no isis hello padding
			${secret:+ isis password md5 $secret}
		END
	done
	cat <<-END
		router isis campus
		 is-type level-1
		 metric-style wide
		 no hostname dynamic
		 lsp-gen-interval 1
		 spf-interval 1
		${secret:+ area-password md5 $secret authenticate snp validate}
		 net 00.${SYSTEM[$name]}.00
	END
}

isisd() # NAME SECRET CIRCUIT...: zebra and isisd of its own
{
	local n=$1 dir=$LAB_DIR/frr-$1 common
	mkdir -p "$dir"
	echo "hostname $n" >"$dir/zebra.conf"
	isisd_config "$@" >"$dir/isisd.conf"
	chmod 711 "$LAB_DIR"
	chown -R frr:frr "$dir"
	common=(-z "$dir/zserv" --vty_socket "$dir" -u frr -g frr -P 0 --log stdout)
	lab_start "$n" "zebra-$n" $FRR/zebra -f "$dir/zebra.conf" -i "$dir/zebra.pid" "${common[@]}"
	lab_poll 10 "zebra of $n" test -S "$dir/zserv" || exit 1
	lab_start "$n" "isisd-$n" $FRR/isisd -f "$dir/isisd.conf" -i "$dir/isisd.pid" "${common[@]}"
}

frr() { local n=$1; shift; vtysh --vty_socket "$LAB_DIR/frr-$n" -d isisd "$@"; } # NAME -c COMMAND...
configure() { local n=$1 c args=(-c "configure terminal"); shift; for c in "$@"; do args+=(-c "$c"); done; frr "$n" "${args[@]}" >/dev/null; }
up() { frr "$1" -c 'show isis neighbor' | grep -qE "^ *${SYSTEM[$2]} .* Up "; } # FRR RB
# theirs FRR SYSTEM: sequence number and checksum of its LSP as isisd has it
theirs() { frr "$1" -c 'show isis database' | sed -n "s/^${SYSTEM[$2]}.00-00[ *]*[0-9]* *\(0x[0-9a-f]*\) *\(0x[0-9a-f]*\) .*/\1 \2/p"; }
overloaded() { frr "$1" -c 'show isis database' | grep -q "^${SYSTEM[$2]}.00-00 .* 0/0/$3 *$"; } # FRR SYSTEM BIT

frr_begin() # NAMESPACES
{
	lab_init "$top_builddir"
	trap clean EXIT
	trap 'exit 130' INT TERM
	lab_spaces "$@"
}
frr_end()
{
	[ $failures = 0 ] || echo "$failures cases failed"
	exit $((failures != 0))
}
