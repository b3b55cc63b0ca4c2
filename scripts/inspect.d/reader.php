<?php
/*
 * A reader of RDUMP files, format version 3. It refuses what the format does not allow, with a sentence and the offset
 * in the file. It gives bytes by the address that they had in the dumped process, and reads only these from the file: a
 * dump may be larger than memory.
 *
 * It is strict: it also refuses what rdump never writes. Other programs write the format too, so a reader that is not
 * strict accepts regions that are no whole pages, lie outside the mappings, or lie together.
 *
 * Needs nothing but PHP 7.0.
 */

class RdumpFormatError extends Exception
{
}

/* The dump does not hold these bytes, or not in one region. */
class RdumpNotThere extends Exception
{
}

class RdumpReader
{
    const MAGIC = "RDUMP\0\0\0";
    const VERSION = 3;
    const PAGE = 4096; /* the smallest page size there is; other machines have multiples of it */
    const LONGEST_NAME = 65535;
    const CACHED_PAGES = 1024;

    public $path;
    public $size;        /* of the file */
    public $version;
    public $tag;         /* "v82" */
    public $pid;
    public $eg;
    public $cg;
    public $rss;         /* bytes; -1 = unknown */
    public $modules = []; /* name => address */

    private $file;
    private $strict;
    private $mappings = [];
    private $region_begin = [];
    private $region_size = [];
    private $region_offset = [];
    private $pages = []; /* address => bytes */

    /* $file: the open file, if it is not the one at $path that is read. */
    public function __construct($path, $strict = true, $file = null)
    {
        $this->path = $path;
        $this->strict = $strict;
        $file = $file ?: @fopen($path, 'rb');
        if (!$file) {
            throw new RdumpFormatError("$path does not open");
        }
        $this->file = $file;
        $stat = fstat($file);
        $this->size = $stat['size'];

        if ($this->bytes(8, 'the magic') !== self::MAGIC) {
            throw $this->error('this is no RDUMP file: wrong magic', 0);
        }
        $this->version = $this->int32('the format version');
        if ($this->version !== self::VERSION) {
            throw $this->error("format version {$this->version}, not " . self::VERSION, 8);
        }
        $this->tag = $this->str('the PHP version tag', 3);
        if (!preg_match('/^v[7-9][0-9]$/D', $this->tag)) {
            throw $this->error('the PHP version tag is not like v82');
        }
        $this->pid = $this->positive('the pid');
        $this->eg = $this->positive('the EG address');
        $this->cg = $this->positive('the CG address');
        $this->rss = $this->int64('the RSS');
        if ($this->rss < -1) {
            throw $this->error('the RSS is negative');
        }
        for ($count = $this->int32('the count of module globals'); $count > 0; $count--) {
            $name = $this->str('the name of a module global', 255);
            if ($name === '' || isset($this->modules[$name])) {
                throw $this->error('a module global has no name, or one that was there before');
            }
            $this->modules[$name] = $this->positive('the address of a module global');
        }
        $mappings = $this->int32('the mapping count');
        $regions = $this->int32('the region count');
        $this->readMappings($mappings);
        $this->readRegions($regions);
    }

    /* Every mapping of the process: begin, end, offset (hex digits), r, w, x, private, device, inode, name. */
    public function mappings()
    {
        return $this->mappings;
    }

    /* Every region, in address order: [address, size]. */
    public function regions()
    {
        return array_map(null, $this->region_begin, $this->region_size);
    }

    /* Bytes in all regions. */
    public function held()
    {
        return array_sum($this->region_size);
    }

    /* The mapping that contains an address, or null. */
    public function mappingAt($address)
    {
        $key = self::hex($address);
        foreach ($this->mappings as $mapping) {
            if (strcmp($key, self::pad($mapping['begin'])) >= 0 && strcmp($key, self::pad($mapping['end'])) < 0) {
                return $mapping;
            }
        }
        return null;
    }

    /* Does one region hold all of it? */
    public function has($address, $length = 1)
    {
        return $this->find($address, $length) !== null;
    }

    public function read($address, $length)
    {
        $page = $address & ~(self::PAGE - 1);
        if (isset($this->pages[$page]) && $address + $length <= $page + strlen($this->pages[$page])) {
            return substr($this->pages[$page], $address - $page, $length);
        }
        $region = $this->find($address, $length);
        if ($region === null) {
            throw new RdumpNotThere(sprintf('%d bytes at 0x%x are not in one region of %s', $length, $address,
                $this->path));
        }
        $begin = $this->region_begin[$region];
        $end = $begin + $this->region_size[$region];
        if ($length > 16 * self::PAGE || $page < $begin || ($address + $length | (self::PAGE - 1)) >= $end) {
            return $this->fromFile($region, $address, $length); /* also where pages are not whole */
        }
        $bytes = '';
        $end = $address + $length;
        for ($page = $address & ~(self::PAGE - 1); $page < $end; $page += self::PAGE) {
            if (!isset($this->pages[$page])) {
                if (count($this->pages) >= self::CACHED_PAGES) {
                    $this->pages = [];
                }
                $this->pages[$page] = $this->fromFile($region, $page, self::PAGE);
            }
            $begin = max($address, $page);
            $bytes .= substr($this->pages[$page], $begin - $page, min($end, $page + self::PAGE) - $begin);
        }
        return $bytes;
    }

    public function u8($address)
    {
        return ord($this->read($address, 1));
    }

    public function u16($address)
    {
        return unpack('v', $this->read($address, 2))[1];
    }

    public function u32($address)
    {
        return unpack('V', $this->read($address, 4))[1];
    }

    /* PHP's integers are signed: the upper half is negative. */
    public function u64($address)
    {
        return unpack('P', $this->read($address, 8))[1];
    }

    public function ptr($address)
    {
        return $this->u64($address);
    }

    /* A C string, up to its NUL. */
    public function cstr($address, $longest = 4096)
    {
        $string = '';
        while (strlen($string) < $longest) {
            /* Page by page: the page after its end may be missing. */
            $part = $this->read($address, min(self::PAGE - $address % self::PAGE, $longest - strlen($string)));
            $end = strpos($part, "\0");
            if ($end !== false) {
                return $string . substr($part, 0, $end);
            }
            $string .= $part;
            $address += strlen($part);
        }
        throw new RdumpNotThere(sprintf('no NUL within %d bytes before 0x%x', $longest, $address));
    }

    /* Searches all that the dump holds, or holds of a range: the address of the first occurrence, or null. */
    public function search($needle, $from = 0, $to = PHP_INT_MAX)
    {
        $window = 4 << 20;
        foreach ($this->region_begin as $region => $begin) {
            $end = min($to, $begin + $this->region_size[$region]);
            for ($at = max($from, $begin); $at < $end; $at += $window) {
                $part = $this->fromFile($region, $at, min($window + strlen($needle) - 1, $end - $at));
                $found = strpos($part, $needle);
                if ($found !== false) {
                    return $at + $found;
                }
            }
        }
        return null;
    }

    private function readMappings($count)
    {
        $previous_end = str_repeat('0', 16);
        for ($i = 0; $i < $count; $i++) {
            $mapping = [];
            foreach (['begin', 'end', 'offset'] as $field) {
                $mapping[$field] = $this->str("the $field of mapping $i", 16);
                if (!preg_match('/^[0-9a-f]{8,16}$/D', $mapping[$field])) {
                    throw $this->error("the $field of mapping $i is not 8 to 16 hex digits");
                }
            }
            foreach (['r', 'w', 'x', 'private'] as $field) {
                $flag = ord($this->bytes(1, "the $field of mapping $i"));
                if ($flag > 1) {
                    throw $this->error("the $field of mapping $i is $flag, not 0 or 1");
                }
                $mapping[$field] = $flag === 1;
            }
            $mapping['device'] = $this->str("the device of mapping $i", 32);
            if (!preg_match('/^[0-9a-f]{2,}:[0-9a-f]{2,}$/D', $mapping['device'])) {
                throw $this->error("the device of mapping $i is not like fd:01");
            }
            $mapping['inode'] = $this->int64("the inode of mapping $i");
            $mapping['name'] = $this->str("the name of mapping $i", self::LONGEST_NAME);
            if (strpbrk($mapping['name'], "\n\0") !== false) {
                throw $this->error("the name of mapping $i is not from one line of /proc/self/maps");
            }
            /* Compared as digits, not as numbers: [vsyscall] is above PHP's integers. */
            if (strcmp(self::pad($mapping['begin']), $previous_end) < 0) {
                throw $this->error("mapping $i begins before the one before it ends");
            }
            if (strcmp(self::pad($mapping['begin']), self::pad($mapping['end'])) >= 0) {
                throw $this->error("mapping $i ends where it begins, or before");
            }
            $previous_end = self::pad($mapping['end']);
            $this->mappings[] = $mapping;
        }
    }

    private function readRegions($count)
    {
        $spans = $this->spans();
        $span = 0;
        $previous_end = 0;
        for ($i = 0; $i < $count; $i++) {
            $begin = $this->positive("the address of region $i");
            $size = $this->positive("the size of region $i");
            $end = $begin + $size;
            if (!is_int($end)) {
                throw $this->error("region $i goes round the end of memory");
            }
            if ($this->strict && ($begin | $size) % self::PAGE !== 0) {
                throw $this->error("region $i is not whole pages");
            }
            if ($begin < $previous_end) {
                throw $this->error("region $i begins before the one before it ends");
            }
            if ($this->strict && $begin === $previous_end && !$this->isBorder($begin)) {
                throw $this->error("region $i and the one before it lie together, and are cut in two");
            }
            while (isset($spans[$span]) && $spans[$span][1] <= $begin) {
                $span++;
            }
            if ($this->strict
                && (!isset($spans[$span]) || $begin < $spans[$span][0] || $end > $spans[$span][1])) {
                throw $this->error("region $i lies outside the mappings");
            }
            $offset = ftell($this->file);
            if ($size > $this->size - $offset) {
                throw $this->error("the file ends within region $i");
            }
            $this->region_begin[] = $begin;
            $this->region_size[] = $size;
            $this->region_offset[] = $offset;
            fseek($this->file, $offset + $size);
            $previous_end = $end;
        }
        if (ftell($this->file) !== $this->size) {
            throw $this->error('something follows the last region');
        }
    }

    /*
     * A full dump keeps what only it holds, files that are there and that the process has not changed, apart from the
     * rest. Does such a mapping begin or end at an address?
     */
    private function isBorder($address)
    {
        $border = self::pad(dechex($address));
        foreach ($this->mappings as $mapping) {
            if ((self::pad($mapping['begin']) === $border || self::pad($mapping['end']) === $border)
                && $mapping['inode'] !== 0 && !($mapping['private'] && $mapping['w'])
                && substr($mapping['name'], -10) !== ' (deleted)') {
                return true;
            }
        }
        return false;
    }

    /* The mappings as numbers, adjacent ones joined. */
    private function spans()
    {
        $spans = [];
        foreach ($this->mappings as $mapping) {
            if (strcmp(self::pad($mapping['end']), '7fffffffffffffff') > 0) {
                continue;
            }
            $begin = hexdec($mapping['begin']);
            $end = hexdec($mapping['end']);
            $last = count($spans) - 1;
            if ($last >= 0 && $spans[$last][1] === $begin) {
                $spans[$last][1] = $end;
            } else {
                $spans[] = [$begin, $end];
            }
        }
        return $spans;
    }

    /* The index of the region that holds all of it, or null. */
    private function find($address, $length)
    {
        $low = 0;
        $high = count($this->region_begin) - 1;
        while ($low <= $high) {
            $middle = ($low + $high) >> 1;
            if ($address < $this->region_begin[$middle]) {
                $high = $middle - 1;
            } elseif ($address >= $this->region_begin[$middle] + $this->region_size[$middle]) {
                $low = $middle + 1;
            } else {
                $left = $this->region_begin[$middle] + $this->region_size[$middle] - $address;
                return $length <= $left ? $middle : null;
            }
        }
        return null;
    }

    private function fromFile($region, $address, $length)
    {
        fseek($this->file, $this->region_offset[$region] + $address - $this->region_begin[$region]);
        return $this->fully($length);
    }

    private function fully($length)
    {
        $bytes = '';
        while (strlen($bytes) < $length) {
            $part = fread($this->file, $length - strlen($bytes));
            if ($part === false || $part === '') {
                break;
            }
            $bytes .= $part;
        }
        return $bytes;
    }

    private function bytes($length, $what)
    {
        if ($length > $this->size - ftell($this->file)) {
            throw $this->error("the file ends within $what");
        }
        return $this->fully($length);
    }

    private function int32($what)
    {
        return unpack('V', $this->bytes(4, $what))[1];
    }

    private function int64($what)
    {
        return unpack('P', $this->bytes(8, $what))[1];
    }

    private function positive($what)
    {
        $value = $this->int64($what);
        if ($value <= 0) {
            throw $this->error("$what is 0, or beyond any process's memory", ftell($this->file) - 8);
        }
        return $value;
    }

    private function str($what, $longest)
    {
        $length = $this->int32("the length of $what");
        if ($length > $longest) {
            throw $this->error("$what has $length bytes", ftell($this->file) - 4);
        }
        return $length === 0 ? '' : $this->bytes($length, $what);
    }

    private function error($sentence, $offset = null)
    {
        return new RdumpFormatError(sprintf('%s (at byte %d)', $sentence,
            $offset === null ? ftell($this->file) : $offset));
    }

    private static function hex($address)
    {
        return sprintf('%016x', $address);
    }

    private static function pad($digits)
    {
        return str_pad($digits, 16, '0', STR_PAD_LEFT);
    }
}
