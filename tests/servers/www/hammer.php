<?php
/*
 * Allocates, frees, maps and unmaps for about 30 ms: small slots, pages, chunks, huge blocks (each a
 * mmap() and a munmap()), hash tables that grow, cycles.
 */
class Ring
{
    public $next;
    public $payload;
}

$until = microtime(true) + 0.03;
$rounds = 0;
do {
    $blocks = [];
    for ($i = 0; $i < 8; $i++) {
        $blocks[] = str_repeat(chr(65 + $i), random_int(1, $i % 4 ? 200000 : 3 << 20));
        unset($blocks[random_int(0, $i)]);
    }
    for ($i = 0; $i < 300; $i++) {
        $ring = new Ring();
        $ring->next = new Ring();
        $ring->next->next = $ring;
        $ring->payload = range(1, random_int(2, 200));
        $blocks["key $i"] = substr("payload $i", 0, random_int(1, 9));
    }
    gc_collect_cycles();
    gc_mem_caches();
    $rounds++;
} while (microtime(true) < $until);
echo serialize(['rounds' => $rounds]);
