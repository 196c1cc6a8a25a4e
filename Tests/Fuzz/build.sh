#!/bin/bash
# Builds the fuzz target NAME (Tests/Fuzz/NAMEFuzz.swift) and the pure modules that it needs into build/fuzz/NAME.
# Only pure modules take part: they need nothing but the compiler, and the fuzzer sees every branch of them. What they
# take from swift-crypto comes from the debug build, whose branches it does not see.
# A module that is new here: add its line below, its own modules before it.
set -euo pipefail
cd "$(dirname "$0")/../.."

name=${1:?usage: Tests/Fuzz/build.sh NAME}
built=()
case $name in
    Configuration) modules=(Primitives ConfigurationCore) ;;
    Netlink) modules=(Primitives PacketProtocol ProbeProtocol) ;;
    HTTP) modules=(Primitives Texts MembershipCore APIProtocol) ;;
    License)
        modules=(Primitives Texts MembershipCore APIProtocol LicenseCore)
        built=(Crypto CryptoBoringWrapper CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims)
        swift build --target LicenseCore >&2
        ;;
    *) echo "$name is not a fuzz target; there are Configuration, Netlink, HTTP and License" >&2; exit 2 ;;
esac
main=Tests/Fuzz/${name}Fuzz.swift
[ -f "$main" ] || { echo "$main is missing" >&2; exit 1; }

out=build/fuzz
parts=$out/$name.parts
mkdir -p "$parts"
sources=("$main" "$0")
for module in "${modules[@]}"; do sources+=("Sources/$module"); done
if [ -x "$out/$name" ] && [ -z "$(find "${sources[@]}" -newer "$out/$name" -print -quit)" ]; then exit 0; fi

flags=(-O -sanitize=fuzzer,address -parse-as-library -swift-version 6 -I "$parts")
flags+=(-enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility)
objects=()
crypto=.build/checkouts/swift-crypto/Sources
for module in "${built[@]}"; do
    mapfile -t -O "${#objects[@]}" objects < <(find ".build/debug/$module.build" -name '*.o')
    [ -d "$crypto/$module/include" ] && flags+=(-Xcc "-I$crypto/$module/include")
done
[ ${#built[@]} -eq 0 ] || flags+=(-I .build/debug/Modules)
for module in "${modules[@]}"; do
    mapfile -t files < <(find "Sources/$module" -name '*.swift' | sort)
    swiftc "${flags[@]}" -wmo -module-name "$module" -emit-module -emit-module-path "$parts/$module.swiftmodule" \
        -emit-object -o "$parts/$module.o" "${files[@]}"
    objects+=("$parts/$module.o")
done
swiftc "${flags[@]}" -use-ld=lld -module-name "${name}Fuzz" -o "$out/$name" "$main" "${objects[@]}"
