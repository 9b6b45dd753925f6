#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the Debian packages that Runnel is built from: packages.sh [test], `test` adding what the
# tests need.  Does nothing where all are there already.
set -euo pipefail
build="gcc cmake ninja-build pkg-config libhts-dev libhdf5-dev libzmq3-dev libjansson-dev libpng-dev zlib1g-dev libminimap2-dev"
test="g++ libcriterion-dev samtools bcftools minimap2 python3 util-linux bsdutils"
everything="debootstrap dpkg-dev clang clang-format libclang-rt-dev python3-venv"
[ "$(uname -m)" = aarch64 ] || everything="$everything gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
case ${1:-} in
"") wanted=$build ;;
test) wanted="$build $test" ;;
all) wanted="$build $test $everything" ;;
esac
missing=
for package in $wanted; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null | grep '^installed' > /dev/null || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
echo "Installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing > /dev/null
