CREATE TYPE "public"."llm_call_status" AS ENUM('reserved', 'settled', 'released');--> statement-breakpoint
CREATE TABLE "budget_balances" (
	"scope" text PRIMARY KEY NOT NULL,
	"settled_usd" numeric(20, 12) DEFAULT 0 NOT NULL,
	"reserved_usd" numeric(20, 12) DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "llm_calls" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "llm_calls_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"status" "llm_call_status" DEFAULT 'reserved' NOT NULL,
	"key_id" text NOT NULL,
	"session_id" text,
	"model" text NOT NULL,
	"tool" text,
	"route_id" text,
	"day" date NOT NULL,
	"reserved_usd" numeric(20, 12) NOT NULL,
	"cost_usd" numeric(20, 12),
	"cost_source" text,
	"why_null" text,
	"usage" json,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"settled_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "llm_calls_cost_when_settled" CHECK ("llm_calls"."cost_usd" is null or "llm_calls"."status" = 'settled')
);
--> statement-breakpoint
CREATE TABLE "model_health" (
	"model" text PRIMARY KEY NOT NULL,
	"calls" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failures_in_row" integer DEFAULT 0 NOT NULL,
	"first_token_ms" double precision,
	"total_ms" double precision,
	"failure_share" double precision DEFAULT 0 NOT NULL,
	"open_until" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "route_decisions" (
	"id" text PRIMARY KEY NOT NULL,
	"request" json NOT NULL,
	"candidates" json NOT NULL,
	"chosen" text,
	"outcome" json,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "llm_calls_created_index" ON "llm_calls" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "llm_calls_reserved_index" ON "llm_calls" USING btree ("expires_at") WHERE "llm_calls"."status" = 'reserved';--> statement-breakpoint
CREATE INDEX "route_decisions_created_index" ON "route_decisions" USING btree ("created_at");