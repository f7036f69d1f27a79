# tshark.sh: to be sourced. How the labs' captures are read: each checksum looked at, and nothing guessed of programs' own bytes.

LAB_TSHARK=(tshark -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE
	-d tcp.port==7777,data) # the echo's bytes are random: left to its guesses, tshark takes some for Thrift, and finds it wrong
# Of ports that the kernel hands out by chance some mean a protocol to tshark, and datagrams of ours are then wrong ones of it.
for LAB_GUESS in ath ecatf elasticsearch enip eobi hcrt manolito nxp_802154_sniffer pn_rt ssyncp tzsp bvlc; do LAB_TSHARK+=(--disable-protocol "$LAB_GUESS"); done
