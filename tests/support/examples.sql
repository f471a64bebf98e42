-- name: sum_consumed
-- Records of topic $1 that were applied.
SELECT coalesce(sum(next_offset), 0)::bigint
FROM consumed_offset
WHERE topic = $1;

-- name: select_reasons
SELECT DISTINCT reason
FROM dead_letter;
