--TEST--
rdump_dump() in a destructor: at unset, in a garbage collection, at the end of the script
--FILE--
<?php
require __DIR__ . '/rdump.inc';
$folder = rdump_folder(__FILE__);
class Dumping
{
    public $self;
    private $name;

    public function __construct($name)
    {
        $this->name = $name;
    }

    public function __destruct()
    {
        global $folder;
        echo $this->name, ': ', var_export(rdump_dump("$folder/a.rdump"), true), ', ', rdump_judge("$folder/a.rdump"),
            "\n";
    }
}
$object = new Dumping('unset');
unset($object);
$object = new Dumping('collected');
$object->self = $object;
unset($object);
gc_collect_cycles();
$object = new Dumping('at the end');
echo "done\n";
?>
--CLEAN--
<?php
require __DIR__ . '/rdump.inc';
rdump_clean(__FILE__);
?>
--EXPECT--
unset: true, valid
collected: true, valid
done
at the end: true, valid
