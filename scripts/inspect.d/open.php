<?php
/* Opens a dump, compressed or not, and says how far a long read is. Needs nothing but PHP 7.0. */
require_once __DIR__ . '/reader.php';

/* Writes what is being done to stderr, at most 5 times a second: one line that is overwritten if that is a terminal. */
class RdumpProgress
{
    private $wanted;
    private $terminal;
    private $at = 0;

    /* $always: also if stderr is no terminal. */
    public function __construct($always)
    {
        $this->terminal = function_exists('stream_isatty') ? stream_isatty(STDERR)
            : function_exists('posix_isatty') && posix_isatty(STDERR);
        $this->wanted = $always || $this->terminal;
    }

    /* What is being done now, such as "objects 10 %". */
    public function say($what)
    {
        if ($this->wanted && microtime(true) - $this->at > 0.2) {
            $this->at = microtime(true);
            fwrite(STDERR, $this->terminal ? "\r\e[K$what" : "$what\n");
        }
    }

    public function end()
    {
        if ($this->terminal) {
            fwrite(STDERR, "\r\e[K");
        }
    }
}

/* A file that is no dump, or that cannot be opened. */
class RdumpNoFile extends Exception
{
}

/*
 * The open dump. One that zstd has compressed is unpacked to a file without a name in $TMPDIR or /tmp, because a dump
 * is not read from its beginning to its end.
 */
function rdump_open($path, $strict, RdumpProgress $progress)
{
    if (!file_exists($path)) {
        throw new RdumpNoFile("there is no file $path");
    }
    if (!is_file($path)) {
        throw new RdumpNoFile("$path is not a file");
    }
    $file = @fopen($path, 'rb');
    if (!$file) {
        $error = error_get_last();
        throw new RdumpNoFile("cannot open $path: " . preg_replace('/^.*: /', '', $error['message']));
    }
    $magic = fread($file, 8);
    rewind($file);
    $zstd = substr($magic, 0, 4) === "\x28\xb5\x2f\xfd" || preg_match('/^[\x50-\x5f]\x2a\x4d\x18/', $magic);
    if ($zstd) {
        fclose($file);
        $file = rdump_unpack($path, $progress);
    } elseif (strncmp(RdumpReader::MAGIC, $magic, strlen($magic)) !== 0 || $magic === '') {
        throw new RdumpNoFile("$path is not a dump: it does not begin with " . addcslashes(RdumpReader::MAGIC, "\0")
            . ($magic === '' ? ', it is empty' : ''));
    }
    try {
        return new RdumpReader($path, $strict, $file);
    } catch (RdumpFormatError $error) {
        throw new RdumpNoFile("$path is not a whole dump: " . $error->getMessage());
    }
}

/*
 * A file without a name, with what zstd unpacks. Not by PHP's extension zstd: the stream of 0.14 does not end behind
 * the last frame.
 */
function rdump_unpack($path, RdumpProgress $progress)
{
    $name = @tempnam(sys_get_temp_dir(), 'rdump-inspect-'); /* mode 0600 */
    $plain = $name === false ? false : fopen($name, 'r+b');
    if (!$plain) {
        throw new RdumpNoFile('cannot create a file to unpack to in ' . sys_get_temp_dir()
            . ': set TMPDIR to another folder');
    }
    unlink($name);
    if (rdump_find_program('zstd') === null) {
        throw new RdumpNoFile("$path is compressed, and there is no program zstd here."
            . " Install it (Debian: apt-get install zstd), or run zstd -d where there is one");
    }
    rdump_unpack_by_program($path, $plain, $progress);
    rewind($plain);
    return $plain;
}

function rdump_find_program($name)
{
    foreach (explode(':', (string) getenv('PATH')) as $folder) {
        if ($folder !== '' && is_executable("$folder/$name")) {
            return "$folder/$name";
        }
    }
    return null;
}

function rdump_unpack_by_program($path, $plain, RdumpProgress $progress)
{
    $said = tmpfile();
    $real = realpath($path);
    $process = proc_open('exec zstd -dcq -- ' . escapeshellarg($real), [['file', '/dev/null', 'r'], $plain, $said],
        $pipes);
    do {
        usleep(20000);
        $state = proc_get_status($process);
        $progress->say('unpacking: ' . (int) (fstat($plain)['size'] / 1048576) . ' MB');
    } while ($state['running']);
    proc_close($process);
    if ($state['exitcode'] !== 0) {
        rewind($said);
        $reason = trim(str_replace("zstd: ", '', stream_get_contents($said)));
        throw new RdumpNoFile("zstd cannot unpack $path to " . sys_get_temp_dir() . " (TMPDIR): "
            . preg_replace('/\s*\n\s*/', '; ', str_replace("$real : ", '', $reason)));
    }
}
