<?php
/* Runs once when the server starts, before there are workers. */
require_once __DIR__ . '/preloaded.inc.php';
