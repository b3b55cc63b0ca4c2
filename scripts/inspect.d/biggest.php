<?php
/*
 * The biggest strings and arrays on PHP's heap, and previews of them. They are found by the allocator's blocks, whoever
 * holds them: a string is in the block that its length says, an array's head is in a block of the smallest size that
 * holds a HashTable. Needs little memory, however many there are.
 */
require_once __DIR__ . '/structs.php';
require_once __DIR__ . '/heap.php';

/* Keeps the $most greatest of what it is given. */
class RdumpGreatest
{
    private $most;
    private $kept = []; /* key => size */

    public function __construct($most)
    {
        $this->most = $most;
    }

    public function add($key, $size)
    {
        $this->kept[$key] = $size;
        if (count($this->kept) > 1000 + 2 * $this->most) {
            $this->all();
        }
    }

    public function count()
    {
        return count($this->all());
    }

    /* key => size, the greatest first. */
    public function all()
    {
        arsort($this->kept);
        return $this->kept = array_slice($this->kept, 0, $this->most, true);
    }
}

class RdumpBiggest extends RdumpStructs
{
    const ELEMENTS = 3;   /* of an array, in a preview */
    const BYTES = 48;     /* of a string */
    const INNER = 15;     /* of a string in an array */
    const DEBUG_INFO = 32; /* zend_mm_debug_info, at the end of each block of a debug build */
    const MANY = 2147483647;

    private $heap;
    private $tick;

    /* $tick is called while it searches. */
    public function __construct(RdumpReader $dump, array $at, RdumpHeap $heap, $tick)
    {
        parent::__construct($dump, $at);
        $this->heap = $heap;
        $this->tick = $tick;
    }

    /* Address => length, the longest first. */
    public function strings($most)
    {
        $found = new RdumpGreatest($most);
        foreach ($this->heap->huge() as $address => $size) {
            $this->addString($found, $address, $size);
        }
        foreach ($this->heap->runs() as list($address, $size, $bin)) {
            if ($bin < 0) {
                $this->addString($found, $address, $size);
            }
        }
        for ($bin = RdumpHeap::BINS - 1; $bin > 2 && $found->count() < $most; $bin--) {
            foreach ($this->slots($bin) as list($address, $size, $bytes)) {
                $header = unpack('Vcount/Vinfo/Phash/Plength', $bytes);
                if (!$this->isFree($bytes) && $this->isString($header, $address, $size)) {
                    $found->add($address, $header['length']);
                }
            }
        }
        return $found->all();
    }

    /* Address => bytes of the elements, the greatest first. What objects keep as dynamic properties is among them. */
    public function arrays($most)
    {
        $found = new RdumpGreatest($most);
        $block = $this->at['HashTable'] + ($this->at['debug'] ? self::DEBUG_INFO : 0);
        for ($bin = 0; $this->at["bin $bin size"] < $block; $bin++);
        foreach ($this->slots($bin) as list($address, , $bytes)) {
            $table = unpack('Vcount/Vinfo/Vflags/Vmask/Pdata/Vused/Velements/Vsize', $bytes);
            $packed = ($table['flags'] & $this->at['HASH_FLAG_PACKED']) !== 0;
            $hashes = 0x100000000 - $table['mask'];
            if (($table['info'] & 15) === $this->at['IS_ARRAY'] && $table['used'] > 0
                && $table['elements'] <= $table['used'] && $table['used'] <= $table['size'] && $table['count'] > 0
                && $this->areHashes($hashes, $table['size'], $packed) && !$this->isFree($bytes)) {
                $size = $this->at[$packed ? 'packed element' : 'Bucket'] * $table['size'] + 4 * $hashes;
                if ($this->dump->has($table['data'], 16)) {
                    $found->add($address, $size);
                }
            }
        }
        return $found->all();
    }

    /*
     * May an array of this size have so many hash slots? A packed one has two. Of others both are powers of two, and
     * there are at most two slots for each element. Something else in the same bin may look like an array otherwise: in
     * a debug build the allocator's list of huge blocks does.
     */
    private function areHashes($count, $size, $packed)
    {
        if ($packed) {
            return $count === 2;
        }
        return $count > 1 && ($count & ($count - 1)) === 0 && ($size & ($size - 1)) === 0 && $count <= 2 * $size;
    }

    /* The number of an array's elements. */
    public function elements($array)
    {
        return $this->dump->u32($array + $this->at['HashTable.nNumOfElements']);
    }

    /* The beginning of a string, between quotes. */
    public function previewOfString($string, $longest = self::BYTES)
    {
        $length = $this->dump->u64($string + $this->at['zend_string.len']);
        $text = rdump_printable($this->string($string, $longest));
        if (strlen($text) > 2 * $longest) { /* not a text: \x00 and the like are long */
            $longest = $longest >> 2;
            $text = rdump_printable($this->string($string, $longest));
        }
        return "\"$text\"" . ($length > $longest ? '...' : '');
    }

    /* The first elements of an array. */
    public function previewOfArray($array)
    {
        $shown = [];
        foreach ($this->hash($array) as list($key, $zval)) {
            if (count($shown) === self::ELEMENTS) {
                $shown[] = '...';
                break;
            }
            $key = is_int($key) ? $key : '"' . rdump_printable(substr($key, 0, self::INNER)) . '"';
            $shown[] = "$key => " . $this->previewOfValue($zval);
        }
        return '[' . implode(', ', $shown) . ']';
    }

    private function previewOfValue($zval)
    {
        list($type, $content) = $this->content($this->resolve($zval));
        switch ($type) {
            case $this->at['IS_NULL']:
                return 'null';
            case $this->at['IS_FALSE']:
                return 'false';
            case $this->at['IS_TRUE']:
                return 'true';
            case $this->at['IS_LONG']:
                return (string) $content;
            case $this->at['IS_DOUBLE']:
                return var_export(unpack('d', pack('P', $content))[1], true);
            case $this->at['IS_STRING']:
                return $this->previewOfString($content, self::INNER);
            case $this->at['IS_ARRAY']:
                return 'array(' . $this->elements($content) . ')';
            case $this->at['IS_OBJECT']:
                return 'object(' . rdump_printable($this->className($this->classOf($content))) . ')';
        }
        return '?';
    }

    private function addString(RdumpGreatest $found, $address, $size)
    {
        call_user_func($this->tick);
        if (!$this->dump->has($address, 24)) {
            return; /* a block that was never touched */
        }
        $header = unpack('Vcount/Vinfo/Phash/Plength', $this->dump->read($address, 24));
        if ($this->isString($header, $address, $size)) {
            $found->add($address, $header['length']);
        }
    }

    private function isString(array $header, $address, $size)
    {
        $begin = $this->at['zend_string.val'];
        return ($header['info'] & 15) === $this->at['IS_STRING'] && $header['count'] > 0
            && $header['count'] < self::MANY && $header['length'] > 0 && $begin + $header['length'] < $size
            && $this->dump->has($address, $begin + $header['length'] + 1)
            && $this->dump->u8($address + $begin + $header['length']) === 0;
    }

    /* All slots of a bin that are in the dump, free ones too: [address, size, bytes]. */
    private function slots($bin)
    {
        $size = $this->at["bin $bin size"];
        foreach ($this->heap->runs() as list($run, , $of)) {
            if ($of === $bin) {
                call_user_func($this->tick);
                $end = $run + $size * $this->at["bin $bin elements"];
                $bytes = $this->dump->has($run, $end - $run) ? $this->dump->read($run, $end - $run) : null;
                for ($slot = $run; $slot < $end; $slot += $size) {
                    if ($bytes !== null) {
                        yield [$slot, $size, substr($bytes, $slot - $run, $size)];
                    } elseif ($this->dump->has($slot, $size)) {
                        yield [$slot, $size, $this->dump->read($slot, $size)];
                    }
                }
            }
        }
    }

    /* A free slot begins with the address of the next one. */
    private function isFree($bytes)
    {
        return $this->heap->within(unpack('P', $bytes)[1]);
    }
}

/* A text of the dump as a terminal may have it: what is not printable as \x00. */
function rdump_printable($text)
{
    $escape = function ($match) {
        return preg_replace_callback('/./s', function ($byte) {
            return sprintf('\x%02x', ord($byte[0]));
        }, $match[0]);
    };
    /* A character may be cut in two at its end. */
    for ($cut = 0; $cut < 4 && $cut <= strlen($text); $cut++) {
        $whole = substr($text, 0, strlen($text) - $cut);
        if (preg_match('//u', $whole)) {
            return preg_replace_callback('/[\p{C}\p{Zl}\p{Zp}]/u', $escape, $whole);
        }
    }
    return preg_replace_callback('/[^\x20-\x7e]/', $escape, $text);
}
