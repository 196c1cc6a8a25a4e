#!/bin/bash
# Builds the fuzz target NAME (Tests/Fuzz/NAMEFuzz.swift) and the pure modules that it needs into build/fuzz/NAME.
# Pure modules need nothing but the compiler, and the fuzzer sees every branch of them. What they take from swift-crypto
# comes from the debug build, and what reads certificates from the release build: branches that it does not see.
# A module that is new here: add its line below, its own modules before it.
set -euo pipefail
cd "$(dirname "$0")/../.."

name=${1:?usage: Tests/Fuzz/build.sh NAME}
# Modules that are taken from a build as they are, and which build; those of them that are ours.
built=()
from=debug
own=()
libraries=()
crypto=(Crypto CryptoBoringWrapper CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims)
api=(Primitives Texts Checksum StreamProtocol CaptureProtocol AlarmCore MembershipCore APIProtocol)
case $name in
    Configuration) modules=(Primitives ConfigurationCore) ;;
    Netlink) modules=(Primitives PacketProtocol ProbeProtocol) ;;
    NBD) modules=(NBDProtocol) ;;
    HTTP)
        modules=("${api[@]}")
        built=(CChecksum "${crypto[@]}")
        libraries=(-lisal)
        swift build --target APIProtocol >&2
        ;;
    License)
        modules=("${api[@]}" LicenseCore)
        built=(CChecksum "${crypto[@]}")
        libraries=(-lisal)
        swift build --target LicenseCore >&2
        ;;
    Upload)
        modules=()
        # ASN.1 and TLS without an optimizer would make half a million inputs an hour.
        from=release
        own=(Primitives CChecksum Checksum StreamProtocol MembershipCore JoinCore CLinux Linux Identity)
        libraries=(-lisal)
        built=(
            "${own[@]}" SwiftASN1 X509 _CertificateInternals Crypto CryptoBoringWrapper
            CryptoExtras _CryptoExtras CCryptoBoringSSL CCryptoBoringSSLShims CXKCP CXKCPShims NIOSSL CNIOBoringSSL
            CNIOBoringSSLShims NIOCore NIOTLS NIO NIOPosix NIOEmbedded NIOConcurrencyHelpers _NIODataStructures _NIOBase64
            CNIOAtomics CNIODarwin CNIOLinux CNIOWindows CNIOPosix CNIOOpenBSD CNIOWASI CNIOFreeBSD _CWASI Atomics
            _AtomicsShims DequeModule InternalCollectionsUtilities ContainersPreview BasicContainers
        )
        swift build -c release --target Identity >&2
        ;;
    Frame)
        modules=(Primitives Checksum StreamProtocol)
        built=(CChecksum "${crypto[@]}")
        libraries=(-lisal)
        swift build --target StreamProtocol >&2
        ;;
    Journal)
        modules=(Primitives Checksum StreamProtocol JournalCore)
        built=(CChecksum "${crypto[@]}")
        libraries=(-lisal)
        swift build --target StreamProtocol >&2
        ;;
    *)
        echo "$name is not a fuzz target; FUZZ in the Makefile lists them" >&2
        exit 2
        ;;
esac
main=Tests/Fuzz/${name}Fuzz.swift
[ -f "$main" ] || { echo "$main is missing" >&2; exit 1; }

out=build/fuzz
parts=$out/$name.parts
mkdir -p "$parts"
sources=("$main" "$0")
for module in "${modules[@]}" "${own[@]}"; do sources+=("Sources/$module"); done
if [ -x "$out/$name" ] && [ -z "$(find "${sources[@]}" -newer "$out/$name" -print -quit)" ]; then exit 0; fi

flags=(-O -sanitize=fuzzer,address -parse-as-library -swift-version 6 -I "$parts")
flags+=(-enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility)
objects=()
for module in "${built[@]}"; do
    [ -d ".build/$from/$module.build" ] || continue
    mapfile -t -O "${#objects[@]}" objects < <(find ".build/$from/$module.build" -name '*.o')
    map=.build/$from/$module.build/module.modulemap
    if [ -f "$map" ]; then flags+=(-Xcc "-fmodule-map-file=$map"); fi
    for include in .build/checkouts/*/Sources/"$module"/include; do
        [ -f "$include/module.modulemap" ] && flags+=(-Xcc "-I$include")
    done
done
[ ${#built[@]} -eq 0 ] || flags+=(-I ".build/$from/Modules")
for module in "${modules[@]}"; do
    mapfile -t files < <(find "Sources/$module" -name '*.swift' | sort)
    swiftc "${flags[@]}" -wmo -module-name "$module" -emit-module -emit-module-path "$parts/$module.swiftmodule" \
        -emit-object -o "$parts/$module.o" "${files[@]}"
    objects+=("$parts/$module.o")
done
swiftc "${flags[@]}" -use-ld=lld -module-name "${name}Fuzz" -o "$out/$name" "$main" "${objects[@]}" "${libraries[@]}"
