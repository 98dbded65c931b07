/*
 * peers.h - which adapters of bench/peers/ can be compiled: run through the preprocessor alone,
 * it is a list for plan.awk.
 *
 *   peer ADAPTER LIBRARY     its header is here, and this is how it is linked
 *   absent ADAPTER           it is not
 */
#ifndef __has_include
#define __has_include(header) 0
#endif

#if __has_include(<lmdb.h>)
peer bench/peers/peer_lmdb.c -llmdb
#else
absent bench/peers/peer_lmdb.c
#endif
#if __has_include(<leveldb/c.h>)
peer bench/peers/peer_leveldb.c -lleveldb
#else
absent bench/peers/peer_leveldb.c
#endif
#if __has_include(<rocksdb/c.h>)
peer bench/peers/peer_rocksdb.c -lrocksdb
#else
absent bench/peers/peer_rocksdb.c
#endif
#if __has_include(<sqlite3.h>)
peer bench/peers/peer_sqlite.c -lsqlite3
#else
absent bench/peers/peer_sqlite.c
#endif
#if __has_include(<wiredtiger.h>)
peer bench/peers/peer_wiredtiger.c -lwiredtiger
#else
absent bench/peers/peer_wiredtiger.c
#endif
#if __has_include(<tkrzw_langc.h>)
peer bench/peers/peer_tkrzw.c -ltkrzw
#else
absent bench/peers/peer_tkrzw.c
#endif
