<?php
/* Run once, as the server starts, before there are workers. */
require_once __DIR__ . '/preloaded.inc.php';
