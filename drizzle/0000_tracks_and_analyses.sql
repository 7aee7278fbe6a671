CREATE TYPE "public"."track_status" AS ENUM('pending', 'analyzing', 'ready', 'failed');--> statement-breakpoint
CREATE TABLE "analyses" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "analyses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"track_id" text NOT NULL,
	"agent" text NOT NULL,
	"agent_version" integer NOT NULL,
	"parameters_hash" text NOT NULL,
	"parameters" json NOT NULL,
	"result" json,
	"error" json,
	"warning" text,
	"expires_at" timestamp with time zone,
	"duration_ms" double precision NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "analyses_key" UNIQUE("track_id","agent","agent_version","parameters_hash"),
	CONSTRAINT "analyses_result_or_error" CHECK (("analyses"."result" is null) <> ("analyses"."error" is null)),
	CONSTRAINT "analyses_only_failures_expire" CHECK ("analyses"."expires_at" is null or "analyses"."error" is not null)
);
--> statement-breakpoint
CREATE TABLE "tracks" (
	"id" text PRIMARY KEY NOT NULL,
	"sha256" text NOT NULL,
	"filename" text NOT NULL,
	"path" text NOT NULL,
	"file_stamp" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"duration_seconds" double precision,
	"format" json NOT NULL,
	"tags" json NOT NULL,
	"status" "track_status" DEFAULT 'pending' NOT NULL,
	"status_message" text,
	"owner" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tracks_sha256_unique" UNIQUE("sha256")
);
--> statement-breakpoint
ALTER TABLE "analyses" ADD CONSTRAINT "analyses_track_id_tracks_id_fk" FOREIGN KEY ("track_id") REFERENCES "public"."tracks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "tracks_path_index" ON "tracks" USING hash ("path");--> statement-breakpoint
CREATE INDEX "tracks_page_index" ON "tracks" USING btree ("created_at","id");