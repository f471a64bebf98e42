-- name: ping
-- Answers as long as the session is alive.
SELECT 1;
