<?php
/* What the tests in servers share. Needs nothing but PHP 7.0. */
require_once __DIR__ . '/../../scripts/inspect.d/reader.php';
require_once __DIR__ . '/../lib/walk.php';
require_once __DIR__ . '/../lib/process.php';

const SECONDS = 120; /* the limit for anything that usually takes milliseconds */

/* A warning is a failed test. */
set_error_handler(function ($type, $message, $file, $line) {
    if (error_reporting() & $type) {
        throw new ErrorException($message, 0, $type, $file, $line);
    }
    return false;
});

function check($name, $expected, $actual)
{
    global $title;
    $show = function ($value) {
        $text = is_string($value) ? "'$value'" : var_export($value, true);
        $text = preg_replace('/\s+/', ' ', $text);
        return strlen($text) > 900 ? substr($text, 0, 900) . '...' : $text;
    };
    echo $expected === $actual ? "ok - $title: $name\n"
        : "not ok - $title: $name: {$show($actual)} instead of {$show($expected)}\n";
}

/* Prints a figure to the log. */
function note($text)
{
    global $title;
    echo "# $title: $text\n";
}

/* ---- servers */

/* A free port. */
function free_port()
{
    $socket = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr(strrchr(stream_socket_get_name($socket, false), ':'), 1);
    fclose($socket);
    return $port;
}

class Server
{
    public $pid;
    public $pipes;
    public $status; /* its exit status */
    private $name;
    private $process;
    private $log;
    private $pid_file;

    /* Its pid is in a file while it runs: whoever stops this program can find the server and stop it. */
    public function __construct($name, array $command, $ready, array $environment = [], array $streams = [])
    {
        global $work;
        $this->name = $name;
        $this->log = "$work/$name.out";
        file_put_contents($this->log, '');
        $this->pid_file = "$work/pids/$name";
        $this->process = proc_open('exec setsid ' . rdump_command($command),
            $streams + [['file', '/dev/null', 'r'], ['file', $this->log, 'a'], ['file', $this->log, 'a']], $this->pipes,
                '/', $environment + ['PATH' => getenv('PATH')]);
        $this->pid = proc_get_status($this->process)['pid'];
        file_put_contents($this->pid_file, "{$this->pid}\n");
        rdump_await(function () use ($ready) {
            return !$this->isRunning() || $ready();
        }, SECONDS);
        if (!$this->isRunning() || !$ready()) {
            throw new Exception("$name does not start: " . file_get_contents($this->log));
        }
    }

    public function isRunning()
    {
        if (!$this->process) {
            return false;
        }
        $status = proc_get_status($this->process);
        if (!$status['running'] && $this->status === null) {
            $this->status = $status['signaled'] ? 128 + $status['termsig'] : $status['exitcode'];
        }
        return $status['running'];
    }

    /* Its stdout and stderr, if they are not pipes. */
    public function log()
    {
        return read_log($this->log);
    }

    /* Stops it. Returns whether it ended. */
    public function stop($signal)
    {
        send_signal($this->pid, $signal);
        return $this->await();
    }

    public function await()
    {
        $ended = rdump_await(function () {
            return !$this->isRunning();
        }, SECONDS);
        if ($ended) {
            unlink($this->pid_file);
            $this->process = null;
        }
        return $ended;
    }
}

/* By the command kill: the posix extension may be missing. */
function send_signal($pid, $signal)
{
    rdump_shell(rdump_command(['kill', "-$signal", $pid]));
}

/* The copy of a process, while it writes: it is stopped, and its process id is returned; 0 if it was faster. */
function stop_copy_of($pid)
{
    /* The faster way, where the kernel has it. */
    $copy = 0;
    foreach (glob("/proc/$pid/task/*/children") as $list) {
        $copy = $copy ?: (int) @file_get_contents($list);
    }
    foreach ($copy ? ["/proc/$copy/stat"] : glob('/proc/[0-9]*/stat') as $file) {
        if (!preg_match("/^(\d+) \(.*\) \S $pid /", (string) @file_get_contents($file), $match)) {
            continue;
        }
        send_signal($match[1], 'STOP');
        $state = rdump_await(function () use ($file) {
            return preg_match('/\) ([TZX])/', (string) @file_get_contents($file) ?: ') X', $found) ? $found[1] : '';
        }, SECONDS);
        return $state === 'T' ? (int) $match[1] : 0;
    }
    return 0;
}

/*
 * A process has served its last request, and its copy, which writes a dump to $path, is stopped: it ends when the copy
 * goes on. $next makes a request, and returns who has served it.
 */
function check_waits_for_copy($who, $pid, $copy, $log, $path, $next)
{
    check("$who waits for its copy", true, file_exists("/proc/$pid"));
    send_signal($copy, 'CONT');
    check('it ends then, and the next one serves', true, $next() !== $pid);
    check('the log has its line', true, rdump_await(function () use ($log, $path) {
        return strpos(read_log($log), "memory limit reached: dumped to $path") !== false;
    }, SECONDS));
    check("neither $who nor its copy is left as a zombie", true, rdump_await(function () use ($pid, $copy) {
        return !file_exists("/proc/$pid") && !file_exists("/proc/$copy");
    }, SECONDS));
}

/* Starts a GET request. */
function request_begin($port, $path, array $query = [])
{
    $socket = @stream_socket_client("tcp://127.0.0.1:$port", $number, $text, SECONDS);
    if (!$socket) {
        throw new Exception("nobody listens on port $port: $text");
    }
    stream_set_timeout($socket, SECONDS);
    fwrite($socket, "GET /$path?" . http_build_query($query) . " HTTP/1.0\r\nHost: localhost\r\n\r\n");
    return $socket;
}

/* Awaits its answer, of which $begin is read already: [status, body]. */
function request_end($socket, $begin = '')
{
    $answer = $begin . stream_get_contents($socket);
    $late = stream_get_meta_data($socket)['timed_out'];
    fclose($socket);
    if ($late || !preg_match('{^HTTP/1\.\d (\d+) .*?\r\n\r\n(.*)$}sD', $answer, $match)) {
        return [0, $late ? 'no answer in time' : "no answer: $answer"];
    }
    return [(int) $match[1], $match[2]];
}

/* The answer of a script in www/: a serialized array. */
function answer_of($socket)
{
    list($status, $body) = request_end($socket);
    $answer = $status === 200 ? @unserialize($body) : false;
    if (!is_array($answer)) {
        throw new Exception("status $status: " . substr($body, 0, 1000));
    }
    return $answer;
}

function get($port, $path, array $query = [])
{
    return answer_of(request_begin($port, $path, $query));
}

/* Calls a script that exceeds the memory_limit. Returns the HTTP status. */
function get_oom($port, $path, array $query = [])
{
    return request_end(request_begin($port, $path, $query))[0];
}

function listens($port)
{
    return function () use ($port) {
        $socket = @stream_socket_client("tcp://127.0.0.1:$port", $number, $text, 1);
        return $socket && fclose($socket);
    };
}

/* Creates the folder for scripts: a copy that every user can read. */
function publish_scripts($folder)
{
    mkdir($folder);
    chmod($folder, 0755);
    foreach (glob(__DIR__ . '/www/*.php') as $script) {
        copy($script, "$folder/" . basename($script));
        chmod("$folder/" . basename($script), 0644);
    }
}

/* Creates a folder that only the workers' user can read. */
function private_folder($folder)
{
    mkdir($folder);
    chown($folder, 'www-data');
    chgrp($folder, 'www-data');
    chmod($folder, 0700);
}

/* ---- dumps */

function fresh_key()
{
    return bin2hex(random_bytes(12));
}

/*
 * What is wrong with a dump, '' = nothing. Checks the format, mode, owner and pid, and the global variable and the call
 * stack of the request that dumped. $delete: removes the dump.
 */
function flaw_of($path, $key, array $stack, $pid = null, $owner = null, $delete = false)
{
    global $offsets;

    if (!is_file($path)) {
        return 'there is no dump';
    }
    clearstatcache();
    $stat = stat($path);
    try {
        if (($stat['mode'] & 0777) !== 0600) {
            return sprintf('mode %o', $stat['mode']);
        }
        if ($owner !== null && $stat['uid'] !== $owner) {
            return "owner $stat[uid]";
        }
        $dump = new RdumpReader($path);
        if ($pid !== null && $dump->pid !== $pid) {
            return "pid {$dump->pid}, not $pid";
        }
        $walk = new RdumpWalk($dump, $offsets);
        $value = $walk->globalVariable('planted');
        if ($value !== "value of $key") {
            return 'the global variable $planted is ' . var_export($value, true);
        }
        $functions = array_map(function ($frame) {
            return $frame['function'];
        }, $walk->callStack());
        if ($functions !== $stack) {
            return 'the call stack is ' . implode(', ', $functions);
        }
    } catch (Exception $error) {
        return get_class($error) . ': ' . $error->getMessage();
    } finally {
        if ($delete) {
            unlink($path);
        }
    }
    return '';
}

/*
 * What is wrong with a dump by signal at any moment, '' = nothing: its call stack ends with the script, or there is
 * none. $idle: no code was running.
 */
function flaw_of_moment($path, $pid, $owner = null, $idle = false)
{
    global $offsets;

    clearstatcache();
    if (!is_file($path)) {
        return 'there is no dump';
    }
    try {
        $dump = new RdumpReader($path);
        $stack = (new RdumpWalk($dump, $offsets))->callStack();
        $last = end($stack);
    } catch (Exception $error) {
        return get_class($error) . ': ' . $error->getMessage();
    }
    if ($dump->pid !== $pid || ($owner !== null && fileowner($path) !== $owner)) {
        return "pid $dump->pid, owner " . fileowner($path);
    }
    return $stack && ($idle || $last['function'] !== '{main}') ? "the call stack ends with $last[function]" : '';
}

/* The number of the signal that asks for a dump: musl's SIGRTMIN is another than glibc's. */
function signal_number()
{
    global $so;

    $text = rdump_shell(rdump_command([PHP_BINARY, '-n', '-d', "extension=$so", '--ri', 'rdump']))[1];
    return preg_match('/^Dump by signal => off \(signal (\d+)\)$/m', $text, $match) ? (int) $match[1] : 0;
}

/* Has a process dump. A dump is there a moment before its handler is over. */
function ask($pid, $signal, $path)
{
    send_signal($pid, $signal);
    return await_file($path) && rdump_await_unblocked($pid, $signal, SECONDS);
}

function await_file($path)
{
    return rdump_await(function () use ($path) {
        clearstatcache();
        return is_file($path);
    }, SECONDS);
}

/* What the call stack shows, innermost first, of www/dump.php, and of www/oom.php. */
const STACK_OF_CALL = ['rdump_dump', 'running_function', '{main}'];
const STACK_OF_OOM = ['str_repeat', 'running_out', '{main}'];

/* The address in shared memory at which a dump holds these bytes, in one region. Null if it does not. */
function find_in_shared_memory(RdumpReader $dump, $bytes)
{
    $window = 4 << 20;
    foreach ($dump->mappings() as $mapping) {
        if ($mapping['private']) {
            continue;
        }
        $begin = hexdec($mapping['begin']);
        $end = hexdec($mapping['end']);
        foreach ($dump->regions() as $region) {
            $from = max($begin, $region[0]);
            $to = min($end, $region[0] + $region[1]);
            for (; $from < $to; $from += $window) {
                $found = strpos($dump->read($from, min($window + strlen($bytes) - 1, $to - $from)), $bytes);
                if ($found !== false) {
                    return $from + $found;
                }
            }
        }
    }
    return null;
}

/* The addresses of the shared pages that process $pid has in its page table: those that it has touched. */
function touched_shared_pages($pid)
{
    $touched = [];
    $pagemap = fopen("/proc/$pid/pagemap", 'rb');
    stream_set_read_buffer($pagemap, 0);
    foreach (file("/proc/$pid/maps") as $line) {
        if (preg_match('/^([0-9a-f]+)-([0-9a-f]+) rw.s /', $line, $match)) {
            $begin = hexdec($match[1]);
            $pages = (hexdec($match[2]) - $begin) / 4096;
            fseek($pagemap, $begin / 4096 * 8);
            $entries = '';
            while (strlen($entries) < $pages * 8 && ($part = fread($pagemap, $pages * 8 - strlen($entries))) != '') {
                $entries .= $part;
            }
            foreach (str_split($entries, 8) as $index => $entry) {
                if (ord($entry[7]) & 0x80) {
                    $touched[$begin + 4096 * $index] = true;
                }
            }
        }
    }
    return $touched;
}

/* A text of 400 KB that only this key gives. */
function long_text($what, $key)
{
    $text = '';
    for ($i = 0; strlen($text) < 400000; $i++) {
        $text .= "$what $key $i;";
    }
    return $text;
}

/*
 * Does the dump hold the text in shared memory, in pages that the process had not touched? '' = yes. A few of these
 * pages may be in its page table: when a page is touched, the kernel also maps pages beside it. $touched:
 * touched_shared_pages() before the dump.
 */
function flaw_of_untouched_text($path, $text, array $touched)
{
    try {
        $at = find_in_shared_memory(new RdumpReader($path), $text);
    } catch (Exception $error) {
        return $error->getMessage();
    }
    if ($at === null) {
        return 'not in the shared memory of the dump';
    }
    $untouched = 0;
    for ($page = ($at + 4095) & ~4095; $page + 4096 <= $at + strlen($text); $page += 4096) {
        $untouched += !isset($touched[$page]);
    }
    return $untouched < 50 ? "$untouched pages of it had not been touched, too few to show anything" : '';
}

function check_texts($dump, $path, array $texts, array $touched)
{
    foreach ($texts as $what => $text) {
        check("$dump holds what only $what", '', flaw_of_untouched_text($path, $text, $touched));
    }
}

/*
 * Shared pages that another process has used exist already. They are counted for each process that reads them, but
 * are not additional memory. The 64 MB for opcache and 16 MB for APCu are nearly empty.
 */
function check_growth(array $grown)
{
    note("a dump made RssAnon $grown[RssAnon] kB, page tables $grown[VmPTE] kB, RssShmem $grown[RssShmem] kB larger");
    check('the worker has grown by at most 1 MB', true, $grown['RssAnon'] + $grown['VmPTE'] <= 1024);
    check('it has not touched unused shared memory', true, $grown['RssShmem'] < 8192);
}

/* Creates the texts that www/plant.php writes to shared memory. */
function publish_texts($www, $compiled, $cached)
{
    file_put_contents("$www/compiled.php",
        "<?php\nfunction compiled() { return '$compiled'; }\nreturn strlen(compiled());\n");
    file_put_contents("$www/cached.txt", $cached);
}

/* The user that Debian's servers run their workers as. */
function www_data()
{
    preg_match('/^www-data:[^:]*:(\d+):/m', file_get_contents('/etc/passwd'), $match);
    return (int) $match[1];
}

function read_log($file)
{
    return is_file($file) ? file_get_contents($file) : '';
}

/* The lines that rdump has written to a log, from "rdump: " on. */
function rdump_lines($file)
{
    /* A server may append the origin of a line. */
    $outcome = 'dumped to .*? bytes\)|no dump.*? is reached in this worker|[^\n]*';
    preg_match_all("/rdump: memory limit reached: (?:$outcome)/", read_log($file), $matches);
    return $matches[0];
}

/* Waits until there are $count lines after the first $earlier, and returns these. */
function await_rdump_lines($file, $earlier, $count)
{
    rdump_await(function () use ($file, $earlier, $count) {
        return count(rdump_lines($file)) >= $earlier + $count;
    }, SECONDS);
    return array_slice(rdump_lines($file), $earlier);
}
