-- How often a buyer has had a bundle, and whether they have bought before.
CREATE INDEX purchase_by_buyer ON purchase (user_id, bundle_id);
