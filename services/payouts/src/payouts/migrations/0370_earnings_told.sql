-- What of a creator's diamonds is pending and available, kept with the account so that it can be told
-- with every change: adding up all buckets of every creator of a batch would cost more than the
-- batch.
ALTER TABLE creator_earning
-- Rises with every telling; 0: nothing was told yet.
ADD COLUMN version bigint NOT NULL DEFAULT 0 CHECK (version >= 0),
ADD COLUMN pending_micro_diamonds bigint NOT NULL DEFAULT 0,
ADD COLUMN available_micro_diamonds bigint NOT NULL DEFAULT 0,
-- The day (UTC) by which the two are told apart.
ADD COLUMN figured_on date NOT NULL DEFAULT '-infinity',
-- The first day after it on which a bucket matures; null: none does.
ADD COLUMN matures_next date;

UPDATE creator_earning AS c
SET
    pending_micro_diamonds = f.pending,
    available_micro_diamonds = f.available,
    figured_on = f.day,
    matures_next = f.matures_next
FROM (
    SELECT
        e.creator_id,
        d.day,
        coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on > d.day), 0) AS pending,
        coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on <= d.day), 0) AS available,
        min(e.matures_on) FILTER (WHERE e.matures_on > d.day) AS matures_next
    FROM earning_free AS e
    CROSS JOIN (SELECT (now() AT TIME ZONE 'UTC')::date AS day) AS d
    GROUP BY e.creator_id, d.day
) AS f
WHERE c.creator_id = f.creator_id;

ALTER TABLE creator_earning
ALTER COLUMN figured_on DROP DEFAULT,
ADD CONSTRAINT creator_earning_figures_fit CHECK (
    pending_micro_diamonds >= 0
    AND available_micro_diamonds >= 0
    AND pending_micro_diamonds + available_micro_diamonds
    <= lifetime_micro_diamonds - clawed_micro_diamonds
),
ADD CONSTRAINT creator_earning_matures_later CHECK (matures_next > figured_on);

-- Whose figures the clock has to bring up to date. The day changes seldom, so updates stay within
-- their page.
CREATE INDEX creator_earning_matures ON creator_earning (matures_next);
