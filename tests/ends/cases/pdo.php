<?php
function culprit($key)
{
    $database = new PDO('sqlite::memory:');
    $rows = $database->query("WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number
        WHERE i < 1000000) SELECT i, 'row ' || i || ' of $key' AS text FROM number");
    return $rows->fetchAll(PDO::FETCH_ASSOC); /* here */
}
