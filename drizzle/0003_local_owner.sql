-- What was there before there were owners belongs to the user of this machine.
UPDATE "tracks" SET "owner" = 'local' WHERE "owner" IS NULL;
