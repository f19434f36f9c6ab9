/*
 * parse_meters: the machine's own files of /proc, for its meters. Each parser
 * is total over any bytes; what it sums up begins at 0, also where a failure follows.
 */
#ifndef REAPTOP_SOURCE_PARSE_METERS_H
#define REAPTOP_SOURCE_PARSE_METERS_H

#include "reaptop/model/meters.h"

/*
 * /proc/stat (proc(5)): "cpu  1 2 3 4 5 6 7 8 9 10" for all, "cpu0 …" for each. -EBADMSG: no
 * such line; -ENOMEM.
 */
int parse_cpu_ticks(const char *text, size_t length, struct meter_counters *counters);

/* /proc/meminfo (proc(5)): "MemTotal:  16306092 kB". -EBADMSG: no MemTotal. */
int parse_memory_kinds(const char *text, size_t length, struct memory_kinds *ret_memory);

/*
 * A file of /proc/pressure: "some avg10=0.12 avg60=…" and "full …", which the one of the processors
 * has not on older kernels. -EBADMSG: no "some".
 */
int parse_pressure(const char *text, size_t length, struct pressure *ret_pressure);

/*
 * /proc/diskstats (kernel: Documentation/admin-guide/iostats.rst): adds up sectors of 512 bytes of
 * whole disks; a partition's (its name begins with the disk's before it), and those of loop, ram,
 * zram, dm- and md devices, whose bytes count elsewhere already, are left out.
 */
void parse_diskstats(const char *text, size_t length, struct meter_counters *counters);

/* /proc/net/dev (proc(5)): adds up bytes of all interfaces but lo. */
void parse_net_dev(const char *text, size_t length, struct meter_counters *counters);

#endif
