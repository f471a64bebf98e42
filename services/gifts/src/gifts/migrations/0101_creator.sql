-- Creators who ever decided whether they take gifts. Who is not here never opted in.
CREATE TABLE creator (
    creator_id text COLLATE "C" PRIMARY KEY CHECK (length(creator_id) BETWEEN 1 AND 64),
    accepts_gifts boolean NOT NULL,
    changed_at timestamptz NOT NULL
);
