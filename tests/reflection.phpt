--TEST--
Reflection shows the functions with their types, parameter names and defaults
--SKIPIF--
<?php
if (PHP_VERSION_ID < 70200) exit('skip before 7.2 there was no way to say so');
?>
--FILE--
<?php
foreach ((new ReflectionExtension('rdump'))->getFunctions() as $function) {
    echo $function->getName(), '(';
    foreach ($function->getParameters() as $parameter) {
        $type = $parameter->getType();
        echo $parameter->getPosition() ? ', ' : '', $parameter->allowsNull() ? '?' : '', $type->getName(), ' $',
            $parameter->getName(),
            $parameter->isOptional() ? ' optional' : '';
        if (PHP_VERSION_ID >= 80000 && $parameter->isDefaultValueAvailable()
            && $parameter->getDefaultValue() !== false) {
            echo ' = ', var_export($parameter->getDefaultValue(), true);
        }
    }
    echo '): ', $function->getReturnType()->getName(), $function->getReturnType()->allowsNull() ? ' or null' : '', "\n";
    echo $function->getNumberOfRequiredParameters(), ' required, ',
        PHP_VERSION_ID < 80000 || $function->getParameters()[1]->isDefaultValueAvailable() ? 'default known'
            : 'default unknown', "\n";
}
?>
--EXPECT--
rdump_dump(string $path, bool $full optional): bool
1 required, default known
rdump_snapshot(string $path, bool $full optional): bool
1 required, default known
rdump_set_oom_dump(?string $path, bool $full optional): bool
1 required, default known
