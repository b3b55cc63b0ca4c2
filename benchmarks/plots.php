<?php
/* The plots, drawn by gnuplot from what run.php measured. */

function gnuplot(string $name, int $width, int $height, string $script): void
{
    $path = Options::$out . "/$name.svg";
    $settings = "set terminal svg size $width,$height dynamic background rgb 'white' font 'sans-serif,12'\n"
        . "set output '$path'\n"
        . "set border 3 lc rgb '#888888'\nset tics nomirror\n";
    $process = proc_open(['gnuplot'], [['pipe', 'r']], $pipes);
    fwrite($pipes[0], "$settings$script\n");
    fclose($pipes[0]);
    if (proc_close($process) !== 0) {
        throw new RuntimeException("gnuplot cannot draw $name");
    }
}

function block(string $name, array $lines): string
{
    return "\$$name << END\n" . implode("\n", array_map(fn($line) => implode(' ', $line), $lines)) . "\nEND\n";
}

function quoted(string $text): string
{
    return '"' . strtr($text, ['_' => '\\\\_', '"' => '']) . '"';
}

/* Every ratio of times: a dot per round, the median, and the limit ("bar") that it is compared with. */
function draw_ratios(): void
{
    [$dots, $medians, $bars, $labels] = [[], [], [], []];
    $count = count(Results::$ratios);
    foreach (Results::$ratios as $i => [$what, $ratios, $bar]) {
        $y = $count - $i;
        $labels[] = quoted($what) . " $y";
        foreach ($ratios as $ratio) {
            $dots[] = [min($ratio, 4), $y];
        }
        $medians[] = [min(median($ratios), 4), $y];
        if ($bar) {
            $bars[] = [$bar, $y];
        }
    }
    if (!$count) {
        return;
    }
    $margin = (int) (0.85 * max(array_map(fn($row) => strlen($row[0]), Results::$ratios)));
    $script = "set lmargin $margin\n" . block('dots', $dots) . block('medians', $medians)
        . ($bars ? block('bars', $bars) : '')
        . 'set ytics (' . implode(', ', $labels) . ") font ',10'\nset yrange [0.3:" . ($count + 0.7)
            . "]\nset xrange [0:4]\nset grid x\nset key top outside horizontal\n"
        . "set xlabel 'times as long (4 = 4 or more)'\n"
        . "plot \$dots with points pt 7 ps 0.3 lc rgb '#9bb7d4' title 'a round', "
        . ($bars ? "\$bars with points pt 2 ps 0.8 lw 2 lc rgb '#c0392b' title 'bar', " : '')
        . "\$medians with points pt 7 ps 0.7 lc rgb '#1f4e79' title 'median'";
    gnuplot('ratios', 900, 110 + 20 * $count, $script);
}

/* How fast a dense heap is written. */
function draw_speed(): void
{
    $variants = ['write' => 'bare write(2)', 'dump' => 'dump', 'safe' => 'safe\\\\_read=1'];
    $lines = [];
    foreach (sizes() as $size => $unused) {
        foreach (places() as $place => $folder) {
            $line = [quoted("$size\\n$place")];
            foreach ($variants as $variant => $title) {
                $speeds = array_map(fn($bytes, $seconds) => $bytes / $seconds / GB,
                    Results::values('dense', "$size $place", $variant, 'bytes'),
                    Results::values('dense', "$size $place", $variant, 'seconds'));
                if (!$speeds) {
                    continue 2;
                }
                array_push($line, median($speeds), quantile($speeds, 0.25), quantile($speeds, 0.75));
            }
            $lines[] = $line;
        }
    }
    if (!$lines) {
        return;
    }
    $plots = [];
    foreach (array_values($variants) as $i => $title) {
        $color = ['#b0b0b0', '#1f4e79', '#9bb7d4'][$i];
        $column = 2 + 3 * $i;
        $plots[] = sprintf('$data using %d:%d:%d:xtic(1) title "%s" lc rgb "%s"', $column, $column + 1, $column + 2,
            $title, $color);
    }
    gnuplot('speed', 800, 380, block('data', $lines)
        . "set style data histograms\nset style histogram errorbars gap 2 lw 1\nset style fill solid\n"
        . "set yrange [0:*]\nset bmargin 4\nset grid y\nset ylabel 'GB/s'\nset key top outside horizontal\nplot "
            . implode(', ', $plots));
}

function draw_mappings(): void
{
    $lines = [];
    foreach (array_unique(array_column(array_filter(Results::$raw, fn($line) => $line[0] === 'mappings'),
        2)) as $count) {
        $milliseconds = array_map(fn($seconds) => $seconds * 1e3,
            Results::values('mappings', 'tmpfs', $count, 'seconds'));
        $lines[(int) $count] = [$count, median($milliseconds), quantile($milliseconds, 0.25),
            quantile($milliseconds, 0.75)];
    }
    if (!$lines) {
        return;
    }
    ksort($lines);
    gnuplot('mappings', 600, 360,
        block('data', $lines) . "set xlabel 'mappings'\nset ylabel 'ms'\nset yrange [0:*]\nset grid\nset key off\n"
        . "plot \$data with yerrorlines pt 7 ps 0.7 lw 1.5 lc rgb '#1f4e79'");
}

/* How long the caller is held, over the size. */
function draw_pause(): void
{
    $variants = ['dump' => ['rdump\\\\_dump()', '#1f4e79'], 'snapshot' => ['rdump\\\\_snapshot()', '#c0392b'],
        'gcore' => ['gcore', '#b0b0b0']];
    [$blocks, $plots] = ['', []];
    foreach ($variants as $variant => [$title, $color]) {
        $lines = [];
        foreach (sizes() + ['16 GB' => [16 * GB]] as $name => [$size]) {
            if ($values = Results::values('pause', $name, $variant, 'seconds')) {
                $lines[] = [$size / GB, ...array_map(fn($part) => quantile($values, $part) * 1e3, [0.5, 0.25, 0.75])];
            }
        }
        if ($lines) {
            $blocks .= block($variant, $lines);
            $plots[] = "\$$variant with yerrorlines pt 7 ps 0.7 lw 1.5 lc rgb '$color' title \"$title\"";
        }
    }
    if ($plots) {
        gnuplot('pause', 600, 380, $blocks . "set logscale xy\nset xlabel 'PHP heap, GB'\nset ylabel 'held, ms'\n"
            . "set grid\nset key top left\nplot " . implode(', ', $plots));
    }
}

function draw_plots(): void
{
    draw_pause();
    draw_ratios();
    draw_speed();
    draw_mappings();
}
