<?php
/*
 * The threads of a ZTS PHP in a dump. The header names the executor globals of the thread that dumped and, as
 * tsrm_ls_cache, its entry in the list of the thread-safe resource manager (TSRM.c):
 *   void **storage; int count; pthread_t id; next entry
 * storage has the addresses of all globals of that thread, in the same order for all threads. The list has no exported
 * head. So entries behind the known one are found by "next", and those before it by a search for what points to it.
 */
require_once __DIR__ . '/reader.php';

const RDUMP_MOST_THREADS = 4096;

/*
 * The executor globals of each thread, the one that dumped first: [address, ...]. $tick is called while it searches. A
 * dump of a PHP without threads, or without that name in the header, has one.
 */
function rdump_threads(RdumpReader $dump, $tick)
{
    $threads = [$dump->eg];
    $entry = isset($dump->modules['tsrm_ls_cache']) ? $dump->modules['tsrm_ls_cache'] : 0;
    if (!$entry || !$dump->has($entry, 32)) {
        return $threads;
    }
    $count = $dump->u32($entry + 8);
    $index = array_search($dump->eg, array_values(unpack('P*', $dump->read($dump->ptr($entry), 8 * $count))), true);
    if ($index === false) {
        return $threads;
    }
    /* The executor globals of an entry, or null if it is none. */
    $globals = function ($entry) use ($dump, $count, $index) {
        if ($entry <= 0 || $entry % 8 !== 0 || !$dump->has($entry, 32)) {
            return null;
        }
        $storage = $dump->ptr($entry);
        $entry_count = $dump->u32($entry + 8);
        if ($entry_count <= $index || $entry_count > 2 * $count || !$dump->has($storage, 8 * $entry_count)) {
            return null;
        }
        $eg = $dump->ptr($storage + 8 * $index);
        return $eg > 0 && $dump->has($eg, 64) ? $eg : null;
    };
    $seen = [$entry => true];
    for ($next = $dump->ptr($entry + 24); $next && !isset($seen[$next]); $next = $dump->ptr($next + 24)) {
        $eg = $globals($next);
        if ($eg === null || count($threads) > RDUMP_MOST_THREADS) {
            break;
        }
        $seen[$next] = true;
        $threads[] = $eg;
    }
    while (count($threads) <= RDUMP_MOST_THREADS) {
        $previous = null;
        for ($at = 0; $previous === null; $at += 8) {
            $tick();
            $at = $dump->search(pack('P', $entry), $at);
            if ($at === null) {
                return $threads;
            }
            if (!isset($seen[$at - 24]) && $at % 8 === 0 && $globals($at - 24) !== null) {
                $previous = $at - 24;
            } elseif ($at % 8) {
                $at -= $at % 8;
            }
        }
        $seen[$previous] = true;
        $threads[] = $globals($previous);
        $entry = $previous;
    }
    return $threads;
}
