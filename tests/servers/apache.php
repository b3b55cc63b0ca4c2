<?php
/* An Apache of our own: own configuration, own folder, loopback only. Workers run as www-data. */

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
$limits
MaxConnectionsPerChild 0
DocumentRoot $www
<Directory $www>
    Require all granted
</Directory>
<FilesMatch \.php$>
    SetHandler application/x-httpd-php
</FilesMatch>
CONF
    );
    /* Debian's mod_php would also read what is switched on for this machine's own Apache. */
    return new Server('apache', ['/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', "$work/httpd.conf"], listens($port),
        ['PHP_INI_SCAN_DIR' => "$work/none"]);
}

/*
 * Lines of Apache's error log, and of PHP in it, that tell of a child's death or of anything that PHP or rdump
 * complains about.
 */
function lost_children($log)
{
    return array_values(preg_grep(
        '/exit signal|Segmentation|AH00051|AH00052|core dump|PHP Warning|cannot|corrupt|assert/i', explode("\n", read_log($log))));
}
