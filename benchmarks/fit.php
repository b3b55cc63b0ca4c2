<?php
/* Cases of benchmarks/run: what makes a dump smaller, or easier to read. The tables of docs/fit.md come from here. */

/* Another build of rdump, with these flags. */
function other_build(string $name, string $flags): string
{
    $folder = Options::$out . "/build-$name";
    exec(implode(' ', array_map('escapeshellarg', [__DIR__ . '/../scripts/build', '--php-config', Options::$config,
        '--dir', $folder, '--cflags', "-O2 -g $flags"])), $output, $status);
    return $status === 0 ? end($output) : throw new RuntimeException("scripts/build: $status");
}

/* A dump, and what its file is like: the file is removed after this. */
function dump_of(Worker $worker, string $path): array
{
    $answer = $worker->ask('dump', $path, 'lean');
    $status = stat($path);
    return $answer + ['blocks' => $status['blocks'] * 512, 'regions' => count((new RdumpReader($path))->regions())];
}

/*
 * Zeros for short holes between pages, beside a build without them. The same heap is made in one worker of each build.
 */
function holes(): void
{
    $builds = ['with' => Options::$so, 'without' => other_build('without-holes', '-DRDUMP_LONGEST_HOLE=0')];
    $heaps = ['small script' => [], '120,000 orders with items' => ['objects', '120000'],
        'an array of 1.1 million numbers' => ['elements', '1100000'],
        '300,000 strings, half of them freed' => ['strings', '300000'],
        'an XML document of 200,000 elements' => ['document', '200000']];
    $has_dom = is_file(Options::$extensions . '/dom.so');
    foreach ($heaps as $name => $words) {
        if ($words && $words[0] === 'document' && !$has_dom) {
            Results::row('holes', $name, 'not measured: there is no dom extension');
            continue;
        }
        $variants = [];
        foreach ($builds as $variant => $so) {
            $worker = Worker::with($so, ['dom.so'], opcache());
            $words && $worker->ask(...$words);
            $variants[$variant] = fn($path) => dump_of($worker, $path);
            unset($worker);
        }
        take_turns('holes', $name, places()['tmpfs'], Options::rounds(15), $variants);
        $its = fn($variant, $metric) => median(Results::values('holes', $name, $variant, $metric));
        $ratio = fn($metric) => median(Results::pairs('holes', $name, 'with', 'without', fn($a, $b) => $a / $b,
            $metric));
        Results::row('holes', "$name: without → with zeros: regions, file, on the disk; time",
            sprintf('%d → %d, %s → %s, %s → %s; %.2f, cpu %.2f', $its('without', 'regions'), $its('with', 'regions'),
                size($its('without', 'bytes')), size($its('with', 'bytes')),
                size($its('without', 'blocks')), size($its('with', 'blocks')),
                $ratio('seconds'), $ratio('cpu')));
    }
}

/* rdump.exclude_heap, in a process that has most of its memory in C libraries. */
function heap(): void
{
    if (!is_file(Options::$extensions . '/dom.so') || !is_file(Options::$extensions . '/sqlite3.so')) {
        Results::row('heap', 'rdump.exclude_heap', 'not measured: there is no dom or sqlite3 extension');
        return;
    }
    foreach (['without opcache' => [], 'with opcache' => opcache()] as $setting => $more) {
        $variants = [];
        foreach (['whole' => '0', 'excluded' => '1'] as $variant => $value) {
            $worker = Worker::with(Options::$so, ['dom.so', 'sqlite3.so'], [...$more, "rdump.exclude_heap=$value"]);
            $worker->ask('libraries', (string) (640 * MB));
            $worker->ask('objects', '5000');
            $variants[$variant] = fn($path) => dump_of($worker, $path);
            unset($worker);
        }
        take_turns('heap', $setting, places()['tmpfs'], Options::rounds(7), $variants);
        $its = fn($variant, $metric) => median(Results::values('heap', $setting, $variant, $metric));
        Results::row('heap', "SQLite, libxml2 and malloc(3), $setting: file, time; with rdump.exclude_heap",
            sprintf('%s, %s → %s, %s', size($its('whole', 'bytes')), seconds($its('whole', 'seconds')),
                size($its('excluded', 'bytes')), seconds($its('excluded', 'seconds'))));
    }
}
