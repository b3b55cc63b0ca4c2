<?php
/*
 * A file system on which one process writes at a fixed speed, as on a network volume: a loop device with the limit of a
 * cgroup (io.max, or blkio.throttle.write_bps_device of version 1). Version 1 limits only what the process waits for:
 * so the time until fsync(2) has returned is the one to measure. Needs root.
 */
final class SlowDisk
{
    public string $folder = '';
    public string $reason = ''; /* why there is none */
    private string $group = '';
    private string $device = '';

    public function __construct(private string $base, int $megabytes, private int $speed)
    {
        $this->folder = "$base/slow-disk";
        $image = escapeshellarg("$this->folder.img");
        $folder = escapeshellarg($this->folder);
        $this->device = $this->run("mkdir -p $folder && truncate -s {$megabytes}M $image && losetup -f --show $image");
        if ($this->device !== '') {
            $this->run("mkfs.ext4 -q -m 0 $this->device && mount $this->device $folder && echo mounted");
        }
        if ($this->reason === '') {
            $this->limit();
        }
    }

    /* Makes the limit apply to a process, from now on. */
    public function hold(int $pid): void
    {
        file_put_contents("$this->group/cgroup.procs", (string) $pid);
    }

    public function __destruct()
    {
        exec('umount ' . escapeshellarg($this->folder) . ' 2>/dev/null');
        if ($this->device !== '') {
            exec("losetup -d $this->device");
        }
        if ($this->group !== '' && is_dir($this->group)) {
            /* A process that has just ended may still be in it. */
            for ($i = 0; !@rmdir($this->group) && $i < 1000; $i++) {
                usleep(10000);
            }
        }
        @unlink("$this->folder.img");
        @rmdir($this->folder);
    }

    private function limit(): void
    {
        $numbers = trim((string) shell_exec("lsblk -dno MAJ:MIN $this->device"));
        $name = '/rdump-benchmark-' . getmypid();
        foreach (['/sys/fs/cgroup/blkio' => ['blkio.throttle.write_bps_device', "$numbers $this->speed"],
            '/sys/fs/cgroup' => ['io.max', "$numbers wbps=$this->speed"]] as $root => [$file, $line]) {
            if (!@mkdir($root . $name)) {
                continue;
            }
            if (is_file("$root$name/$file") && @file_put_contents("$root$name/$file", $line)) {
                $this->group = $root . $name;
                return;
            }
            rmdir($root . $name);
        }
        $this->reason = 'no cgroup that limits writes can be made';
    }

    private function run(string $command): string
    {
        exec("{ $command; } 2>&1", $lines, $status);
        $said = implode(' ', $lines);
        if ($status !== 0) {
            $this->reason = $said;
            return '';
        }
        return $said;
    }
}
