# install.sh - to $DESTDIR$PREFIX: the tool, the simulator, the header, both libraries and
# libholdfast.pc. Run by build.sh when they are made.

set -eu
. ci/build/common.sh

PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
root=${DESTDIR:-}
version=$(project_version)
soname=libholdfast.so.${version%%.*}

mkdir -p "$root$PREFIX/bin" "$root$PREFIX/include" "$root$LIBDIR/pkgconfig"
install -m 755 "$BUILD/bin/holdfast" "$BUILD/bin/holdfast-sim" "$root$PREFIX/bin/"
install -m 644 engine/holdfast.h "$root$PREFIX/include/"
install -m 644 "$BUILD/lib/libholdfast.a" "$root$LIBDIR/"
install -m 755 "$BUILD/lib/libholdfast.so.$version" "$root$LIBDIR/"
ln -sf "libholdfast.so.$version" "$root$LIBDIR/$soname"
ln -sf "$soname" "$root$LIBDIR/libholdfast.so"
cat >"$root$LIBDIR/pkgconfig/libholdfast.pc" <<END
prefix=$PREFIX
includedir=\${prefix}/include
libdir=$LIBDIR

Name: libholdfast
Description: embedded storage engine, tested by simulation
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -lholdfast
Libs.private: -pthread
END
echo "installed Holdfast $version in $root$PREFIX"
