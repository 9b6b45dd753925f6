#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The installed tree works from another folder, and the Debian package installs and calls on a
# clean Debian root:  tests/plugin/package.sh BUILD
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
sample=$root/examples/sample
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# ---- an installed tree, moved after installing, with the environment of nobody in particular
cmake --install "$build" --prefix "$scratch/first" > /dev/null
mv "$scratch/first" "$scratch/moved"
cd "$scratch"
env -i PATH=/usr/bin:/bin "$scratch/moved/bin/runnel" call --no-version -o moved.vcf "$sample/ref.fa" "$sample/reads.bam"
"$build/runnel" call --no-version -o built.vcf "$sample/ref.fa" "$sample/reads.bam"
cmp moved.vcf built.vcf
echo "installed tree: works from another folder"

# ---- a stranger's stage and host against the installed header
export PKG_CONFIG_PATH=$scratch/moved/lib/pkgconfig:$scratch/moved/lib/x86_64-linux-gnu/pkgconfig
cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -o my_filter.so "$root/examples/stage_template.c" $(pkg-config --cflags runnel)
moved/bin/runnel run "reads $sample/reads.bam ! pileup ref=$sample/ref.fa ! caller ! ./my_filter.so min-gq=15 ! vcf filtered.vcf"
bcftools view -H -i 'GQ<15' filtered.vcf | grep . && { echo "the filter let a GQ below 15 through" >&2; exit 1; }
[ "$(grep -vc '^#' filtered.vcf)" -gt 50 ]
echo "stage built out of tree: works"
mkdir cmake && cat > cmake/CMakeLists.txt <<C
cmake_minimum_required(VERSION 3.25)
project(stranger C)
find_package(runnel 0.1 REQUIRED)
add_library(my_filter MODULE "$root/examples/stage_template.c")
target_link_libraries(my_filter PRIVATE runnel::plugin)
C
cmake -S cmake -B cmake/build -DCMAKE_PREFIX_PATH="$scratch/moved" > /dev/null
cmake --build cmake/build > /dev/null
echo "CMake package: found and built against"

# ---- the Debian package on a clean root
(cd "$build" && cpack -G DEB -B "$scratch/deb" > "$scratch/cpack.log" 2>&1) || { tail -20 "$scratch/cpack.log"; exit 1; }
deb=$(ls "$scratch"/deb/*.deb)
dpkg-deb -I "$deb" | grep -E 'Package|Version|Depends'

# Unpacked into a fresh folder, it works from there.
dpkg -x "$deb" "$scratch/unpacked"
env -i PATH=/usr/bin:/bin "$scratch/unpacked/usr/bin/runnel" call --no-version -o unpacked.vcf "$sample/ref.fa" "$sample/reads.bam"
cmp unpacked.vcf built.vcf
echo "Debian package: works from a fresh folder"

# Installed with its dependencies into a clean root, where one can be made.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2> /dev/null | grep -v security | sort -u | sed -n 1,1p || true)
if [ "$(id -u)" != 0 ] || ! command -v debootstrap > /dev/null || [ -z "$mirror" ]; then
    echo "clean Debian root: skipped (needs root, debootstrap and a mirror)"
    exit 0
fi
timeout 600 debootstrap --variant=minbase bookworm "$scratch/clean" "$mirror" > "$scratch/debootstrap.log" 2>&1 || {
    echo "clean Debian root: skipped (debootstrap cannot make one here)"
    exit 0
}
cp /etc/resolv.conf "$scratch/clean/etc/" 2> /dev/null || true
cp -r /etc/apt/apt.conf.d "$scratch/clean/etc/apt/"
cp "$deb" "$sample/ref.fa" "$sample/reads.bam" "$scratch/clean/"
chroot "$scratch/clean" sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends /$(basename "$deb")" > "$scratch/install.log" 2>&1 || {
    tail -20 "$scratch/install.log"; exit 1; }
chroot "$scratch/clean" runnel call --no-version -o /calls.vcf /ref.fa /reads.bam
cmp <(grep -v '^##reference' "$scratch/clean/calls.vcf") <(grep -v '^##reference' built.vcf)
echo "Debian package: installs and calls on a clean root"
