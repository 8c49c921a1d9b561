-- A worker that takes a store up need not judge anew what another one told by the same plan.

-- table: store_clocks --

ALTER TABLE instore.store_clocks ADD COLUMN told_by text;

COMMENT ON COLUMN instore.store_clocks.told_by IS 'The fingerprint of the layout and rules by which its visits and signals were told last; null where that is not known.';
