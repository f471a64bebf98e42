-- Gives a creator as many gifters as told, of one gift each, most of them small, within the last
-- hours, with all that follows from that on boards.
-- $1 creator_id, $2 gifters
WITH given AS (
    INSERT INTO gift (
        gift_id,
        price_coins,
        requested_at,
        settled_at,
        count,
        catalogue_version,
        sender_id,
        creator_id,
        item_id,
        target_kind,
        target_id,
        status,
        body_hash
    )
    SELECT
        gen_random_uuid(),
        (1 / (random() + 0.00001))::bigint,
        now(),
        now() - i * interval '10 milliseconds',
        1,
        1,
        'viewer-' || lpad(i::text, 7, '0'),
        $1,
        'rose',
        'video',
        'v1',
        'SENT',
        '\x00112233445566778899aabbccddeeff'
    FROM generate_series(1, $2::integer) AS i
    RETURNING sender_id, creator_id, settled_at, price_coins
)

INSERT INTO board_score
SELECT
    encode(substr(sha256(convert_to(creator_id, 'UTF8')), 1, 16), 'hex')::uuid,
    date_trunc('hour', settled_at, 'UTC'),
    date_trunc('day', settled_at, 'UTC'),
    date_trunc('week', settled_at, 'UTC'),
    price_coins,
    price_coins,
    price_coins,
    price_coins,
    n,
    n,
    n,
    n,
    sender_id
FROM (
    SELECT
        *,
        nextval('board_place') AS n
    FROM given
    ORDER BY settled_at
) AS placed
