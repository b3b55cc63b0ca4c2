<?php
/* An Apache for tests: its own configuration and folder, loopback only. Its workers run as www-data. */

function start_apache($port, $module, $mpm, $limits, $ini, array $modules = [])
{
    global $work, $www;

    @mkdir("$work/ini");
    file_put_contents("$work/ini/php.ini", "$ini\n");
    chmod("$work/ini", 0711);
    $loads = '';
    foreach (array_merge(["mpm_$mpm", 'authz_core'], $modules) as $name) {
        $loads .= "LoadModule {$name}_module /usr/lib/apache2/modules/mod_$name.so\n";
    }
    file_put_contents("$work/httpd.conf", <<<CONF
ServerRoot $work
DefaultRuntimeDir $work
ServerName localhost
Listen 127.0.0.1:$port
PidFile $work/httpd.pid
ErrorLog $work/error.log
LogLevel notice
User www-data
Group www-data
Timeout 150
KeepAlive Off
$loads
LoadModule php_module $module
PHPINIDir $work/ini
MaxConnectionsPerChild 0
$limits
DocumentRoot $www
<Directory $www>
    Require all granted
</Directory>
<FilesMatch \.php$>
    SetHandler application/x-httpd-php
</FilesMatch>
CONF
    );
    /* Debian's mod_php would also read the extensions that are enabled for the machine's Apache. */
    return new Server('apache', ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', "$work/httpd.conf"], listens($port),
        ['PHP_INI_SCAN_DIR' => "$work/none"]);
}

/*
 * Dumps by signal: the parent must not notice it, a child dumps whatever it does. The template is
 * $dumps/signal-%p-%i.rdump. $idle: the child waits for requests.
 */
function check_signals(Server $apache, $port, $pid, $count, $idle)
{
    global $dumps, $owner;

    $signal = signal_number();
    send_signal($apache->pid, $signal);
    $flaws = [];
    for ($i = 0; $i < $count && count($flaws) < 5; $i++) {
        usleep(random_int(0, 3000));
        send_signal($pid, $signal);
        $path = rdump_await(function () use ($dumps, $pid) {
            $paths = glob("$dumps/signal-$pid-*.rdump");
            return $paths ? $paths[0] : null;
        }, SECONDS);
        if (!$path) {
            $flaws[] = "$i: no dump";
            break;
        }
        preg_match('/-(\d+)\.rdump$/', $path, $match);
        rdump_await_unblocked((int) $match[1], $signal, SECONDS);
        $flaw = flaw_of_moment($path, $pid, $owner, $idle);
        if ($flaw !== '') {
            $flaws[] = "$i: $flaw";
        }
        unlink($path);
    }
    check("$count signals to a child: each dump is whole", [], $flaws);
    check('the parent goes on, and has no dump; the child serves on', [true, [], $pid],
        [$apache->isRunning(), glob("$dumps/signal-*"), get($port, 'who.php')['pid']]);
}

/* The lines of Apache's error log that report a crash of a child, or a problem of PHP or rdump. */
function lost_children($log)
{
    $problem = '/exit signal|Segmentation|AH00051|AH00052|core dump|PHP Warning|cannot|corrupt|assert/i';
    /* PHP says so itself where memory is exhausted in a session handler. */
    $usual = '/Cannot call session save handler in a recursive manner/';
    return array_values(preg_grep($problem, preg_grep($usual, explode("\n", read_log($log)), PREG_GREP_INVERT)));
}
