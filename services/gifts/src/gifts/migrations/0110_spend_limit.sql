-- What the wallet says of a spend limit that a gift did not fit in, beside its other amounts.
ALTER TABLE gift
ADD COLUMN limit_name text CHECK (limit_name IN ('day', 'week', 'creator_day')),
ADD COLUMN limit_coins bigint CHECK (limit_coins BETWEEN 1 AND 9007199254740991),
ADD COLUMN spent_coins bigint CHECK (spent_coins BETWEEN 0 AND 9007199254740991),
ADD COLUMN frees_up_at timestamptz,
ADD CONSTRAINT gift_limit_is_whole CHECK (
    (limit_name IS NULL) = (refusal_code IS DISTINCT FROM 'spend_limit_reached')
    AND (limit_coins IS NULL) = (limit_name IS NULL)
    AND (spent_coins IS NULL) = (limit_name IS NULL)
    AND (frees_up_at IS NULL OR limit_name IS NOT NULL)
);
