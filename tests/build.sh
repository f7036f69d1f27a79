# build.sh: to be sourced from the top. build KIND configures and makes build/KIND, quietly; what went wrong is shown.
#   plain | asan (address, undefined) | tsan (thread) | fuzz (libFuzzer with asan) | coverage

build_flags()
{
	case $1 in
	plain) echo "--enable-werror CFLAGS=-O2\ -g" ;;
	asan) echo "--enable-sanitizers=address,undefined CFLAGS=-O1\ -g" ;;
	tsan) echo "--enable-sanitizers=thread CFLAGS=-O1\ -g" ;;
	fuzz) echo "--enable-fuzzers --enable-sanitizers=address,undefined CC=clang CFLAGS=-O1\ -g" ;;
	coverage) echo "--enable-coverage CFLAGS=-O0\ -g" ;;
	*) echo "build: unknown kind '$1'" >&2; return 2 ;;
	esac
}

build_step() # LOG COMMAND...
{
	local log=$1
	shift
	"$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; echo "build: '$*' failed; whole log: $log" >&2; return 1; }
}

# build KIND [make targets]
build()
{
	local kind=$1 dir=build/$1 flags
	shift
	mkdir -p "$dir"
	if [ ! -x configure ] || [ configure.ac -nt configure ] || [ Makefile.am -nt Makefile.in ]; then
		build_step "$dir/autogen.log" ./autogen.sh || return
	fi
	if [ ! -f "$dir/Makefile" ]; then
		flags=$(build_flags "$kind") || return
		echo "configuring build/$kind ..." >&2
		(cd "$dir" && eval "build_step configure.out ../../configure $flags") || return
	fi
	echo "building build/$kind ..." >&2
	build_step "$dir/make.log" make -C "$dir" -j"$(nproc)" "$@"
}
