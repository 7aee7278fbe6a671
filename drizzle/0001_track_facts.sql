CREATE TABLE "track_facts" (
	"track_id" text PRIMARY KEY NOT NULL,
	"rhythm_version" integer,
	"tempo_bpm" double precision,
	"tempo_confidence" real,
	"tonal_version" integer,
	"key" text,
	"key_confidence" real,
	"loudness_version" integer,
	"integrated_lufs" double precision,
	"timbre_version" integer,
	"descriptor" real[]
);
--> statement-breakpoint
ALTER TABLE "tracks" ADD COLUMN "search_text" text GENERATED ALWAYS AS (lower("tracks"."filename" || ' ' || coalesce("tracks"."tags"->>'title', '') || ' ' || coalesce("tracks"."tags"->>'artist', '') || ' ' || coalesce("tracks"."tags"->>'album', '') || ' ' || coalesce("tracks"."tags"->>'genre', ''))) STORED;--> statement-breakpoint
ALTER TABLE "track_facts" ADD CONSTRAINT "track_facts_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "track_facts_tempo_index" ON "track_facts" USING btree ("tempo_bpm");--> statement-breakpoint
CREATE INDEX "track_facts_key_index" ON "track_facts" USING btree ("key");--> statement-breakpoint
CREATE INDEX "track_facts_loudness_index" ON "track_facts" USING btree ("integrated_lufs");--> statement-breakpoint
-- What is stored already: the newest version of each agent, with default parameters (the hash of {}).
INSERT INTO "track_facts" ("track_id", "rhythm_version", "tempo_bpm", "tempo_confidence", "tonal_version", "key", "key_confidence", "loudness_version", "integrated_lufs")
SELECT "track_id",
	max("agent_version") FILTER (WHERE "agent" = 'rhythm'),
	max(("result"->>'tempo_bpm')::double precision) FILTER (WHERE "agent" = 'rhythm'),
	max(("result"->>'confidence')::real) FILTER (WHERE "agent" = 'rhythm'),
	max("agent_version") FILTER (WHERE "agent" = 'tonal'),
	max(("result"->'key'->>'tonic') || ' ' || ("result"->'key'->>'mode')) FILTER (WHERE "agent" = 'tonal'),
	max(("result"->>'confidence')::real) FILTER (WHERE "agent" = 'tonal'),
	max("agent_version") FILTER (WHERE "agent" = 'loudness'),
	max(("result"->>'integrated_lufs')::double precision) FILTER (WHERE "agent" = 'loudness')
FROM (
	SELECT DISTINCT ON ("track_id", "agent") "track_id", "agent", "agent_version", "result"
	FROM "analyses"
	WHERE "agent" IN ('rhythm', 'tonal', 'loudness') AND "result" IS NOT NULL
		AND "parameters_hash" = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
	ORDER BY "track_id", "agent", "agent_version" DESC
) AS "newest"
GROUP BY "track_id";
