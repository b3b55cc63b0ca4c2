<?php
/*
 * PHP's allocator in a dump: its counters, chunks and blocks. Needs nothing but PHP 7.0.
 *
 * Its structs are in zend_alloc.c, not in a header. What is used here has been the same since 7.0:
 * - a chunk is 2 MB, aligned to its size, and begins with: heap, next, prev, 3 numbers. At byte 64, in the first
 *   chunk, is the heap. Then one bit for each of the 512 pages, 1 = in use; then the page map, 4 bytes each. All
 *   of this is in the first page of the chunk, which has an entry in the map too
 * - the heap: 8 + 8 bytes, size, peak, (8.4: shadow_key,) 30 lists of free slots, real_size, real_peak, limit,
 *   (security releases of 2026: two more limits,) overflow, huge_list, main_chunk, cached_chunks, chunks_count,
 *   peak_chunks_count, cached_chunks_count
 * - a huge block: begin, size, next
 * main_chunk is the address of the chunk that contains the heap. It gives the offsets of the other members.
 */
require_once __DIR__ . '/reader.php';

class RdumpHeap
{
    const CHUNK = 2097152; /* ZEND_MM_CHUNK_SIZE */
    const CHUNK_PAGES = 512;
    const BINS = 30;
    const PAGE = 4096;

    private $dump;
    private $at;         /* name => number, as offsets.c names them */
    private $heap;       /* addresses */
    private $main;
    private $free_slots_at;
    private $real_size_at;
    private $main_at;
    private $map_at;     /* the offset of the page map in a chunk */
    private $maps = [];  /* address of a chunk => its bits and its page map, for all chunks */

    /* The heap of the thread with these executor globals. Throws if PHP does without its allocator. */
    public function __construct(RdumpReader $dump, array $at, $eg = null)
    {
        $this->dump = $dump;
        $this->at = $at;
        $stack = $dump->ptr(($eg === null ? $dump->eg : $eg) + $at['zend_executor_globals.vm_stack']);
        $chunk = $stack & ~(self::CHUNK - 1);
        if (!$dump->has($chunk, self::PAGE)) {
            throw new Exception('the VM stack lies in no chunk of the allocator');
        }
        $this->heap = $dump->ptr($chunk);
        $this->main = $this->heap - 64;
        if ($this->main % self::CHUNK !== 0 || !$dump->has($this->main, self::PAGE)
            || $dump->ptr($this->main) !== $this->heap) {
            throw new Exception('the VM stack lies in no chunk of the allocator');
        }
        $this->free_slots_at = $this->heap + ($at['PHP_VERSION_ID'] >= 80400 ? 40 : 32);
        $this->real_size_at = $this->free_slots_at + self::BINS * 8;
        $this->main_at = $this->real_size_at + 40;
        for (; $dump->ptr($this->main_at) !== $this->main; $this->main_at += 8) {
            if ($this->main_at > $this->heap + 512) {
                throw new Exception('the allocator does not know its first chunk');
            }
        }
        $this->map_at = $this->pageMap($this->main_at - $this->main + 32);
        $this->readChunks();
    }

    /* Its own counters: what memory_get_usage() and memory_get_peak_usage() return, and the limit. */
    public function counters()
    {
        return [
            'size' => $this->dump->u64($this->heap + 16),
            'peak' => $this->dump->u64($this->heap + 24),
            'real_size' => $this->dump->u64($this->real_size_at),
            'real_peak' => $this->dump->u64($this->real_size_at + 8),
            'limit' => $this->dump->u64($this->real_size_at + 16),
            'cached_chunks' => $this->dump->u32($this->main_at + 24),
            'counted_chunks' => $this->dump->u32($this->main_at + 16),
        ];
    }

    /* The addresses of its chunks. */
    public function chunks()
    {
        return array_keys($this->maps);
    }

    /* Huge blocks: address => size. */
    public function huge()
    {
        $huge = [];
        for ($block = $this->dump->ptr($this->main_at - 8); $block !== 0; $block = $this->dump->ptr($block + 16)) {
            $huge[$this->dump->ptr($block)] = $this->dump->u64($block + 8);
        }
        return $huge;
    }

    /*
     * What is in use in the chunks: [address, size, bin]. A run of slots has the number of its bin: it holds "bin N
     * elements" slots of "bin N size" bytes, some of them free. A block of whole pages has -1.
     */
    public function runs()
    {
        foreach ($this->maps as $chunk => $map) {
            for ($page = 1; $page < self::CHUNK_PAGES; ) {
                list($bin, $pages) = $this->pageInfo($map, $page, $chunk);
                if ($bin !== null) {
                    yield [$chunk + self::PAGE * $page, self::PAGE * $pages, $bin];
                }
                $page += $pages;
            }
        }
    }

    /* The free slots of a bin. */
    public function freeSlots($bin)
    {
        $slot = $this->dump->ptr($this->free_slots_at + 8 * $bin);
        for (; $slot !== 0; $slot = $this->dump->ptr($slot)) {
            yield $slot;
        }
    }

    /* Does a pointer lead into one of the chunks? */
    public function within($pointer)
    {
        return isset($this->maps[$pointer & ~(self::CHUNK - 1)]);
    }

    /* The size that the allocator has given to the small block at this address. Null if it is none of its slots. */
    public function slotSize($address)
    {
        $chunk = $address & ~(self::CHUNK - 1);
        if (!isset($this->maps[$chunk])) {
            return null;
        }
        $info = $this->mapEntry($this->maps[$chunk], ($address - $chunk) >> 12);
        return $info & 0x80000000 ? $this->at['bin ' . ($info & 0x1f) . ' size'] : null;
    }

    /* The counters, chunks and huge blocks, and what page maps, free lists and huge blocks add up to. */
    public function memory()
    {
        $memory = $this->counters() + ['chunks' => $this->chunks(), 'huge' => $this->huge()];
        $in_use = array_sum($memory['huge']);
        foreach ($this->runs() as list(, $size, $bin)) {
            $in_use += $bin < 0 ? $size : $this->at["bin $bin size"] * $this->at["bin $bin elements"];
        }
        for ($bin = 0; $bin < self::BINS; $bin++) {
            $in_use -= $this->at["bin $bin size"] * iterator_count($this->freeSlots($bin));
        }
        $memory['added_up'] = $in_use;
        $chunks = count($memory['chunks']) + $memory['cached_chunks'];
        $memory['really_added_up'] = self::CHUNK * $chunks + array_sum($memory['huge']);
        return $memory;
    }

    private function readChunks()
    {
        $chunk = $this->main;
        do {
            if ($chunk % self::CHUNK !== 0 || $this->dump->ptr($chunk) !== $this->heap || isset($this->maps[$chunk])) {
                throw new Exception(sprintf('0x%x is no chunk of this heap', $chunk));
            }
            $this->maps[$chunk] = $this->dump->read($chunk + $this->map_at - self::CHUNK_PAGES / 8,
                self::CHUNK_PAGES / 8 + 4 * self::CHUNK_PAGES);
            $chunk = $this->dump->ptr($chunk + 8);
        } while ($chunk !== $this->main);
    }

    /*
     * The offset of the page map in a chunk. Its first entry is that of the chunk's first page: a run of one used page.
     */
    private function pageMap($from)
    {
        for ($at = $from + self::CHUNK_PAGES / 8; $at < 4096 - 4 * self::CHUNK_PAGES; $at += 8) {
            if ($this->dump->u32($this->main + $at) === 0x40000001
                && $this->dump->u8($this->main + $at - self::CHUNK_PAGES / 8) & 1) {
                return $at;
            }
        }
        throw new Exception('the first chunk has no page map');
    }

    private function mapEntry($map, $page)
    {
        return unpack('V', substr($map, self::CHUNK_PAGES / 8 + 4 * $page, 4))[1];
    }

    /* What begins at a page: [bin, -1 for a block of pages, null if it is free; number of pages]. */
    private function pageInfo($map, $page, $chunk)
    {
        if (!(ord($map[$page >> 3]) >> ($page & 7) & 1)) {
            return [null, 1];
        }
        $info = $this->mapEntry($map, $page);
        if ($info & 0x80000000) {
            $bin = $info & 0x1f;
            return [$bin, $this->at["bin $bin pages"]];
        }
        if ($info & 0x40000000 && $info & 0x3ff) {
            return [-1, $info & 0x3ff];
        }
        throw new Exception(sprintf('page %d of chunk 0x%x is in use, and its map entry is 0x%x', $page, $chunk,
            $info));
    }
}
