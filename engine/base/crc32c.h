/*
 * crc32c.h - the Castagnoli checksum of everything that Holdfast writes.
 *
 * Polynomial 0x1EDC6F41 reflected, initial value and final xor all ones (RFC 3720, appendix
 * B.4: the crc of 32 zero bytes is 0x8A9136AA). Uses the processor's instruction where there is
 * one.
 */
#ifndef HF_BASE_CRC32C_H
#define HF_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The crc of `len` more bytes behind those whose crc is `crc` (0 for none). Pure; any
 * thread. */
uint32_t hf_crc32c(uint32_t crc, const void *at, size_t len);

/* The same by tables, on any machine: what the fast one is tested against. */
uint32_t hf_crc32c_portable(uint32_t crc, const void *at, size_t len);

#endif
