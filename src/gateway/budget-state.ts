/** What is left of each budget. */
import { type BudgetLimits, budgetScopes, utcDay } from "../storage/ledger-repository.ts";
import type { Storage } from "../storage/storage.ts";

export interface BudgetState {
  /** `day:2026-11-21`, `key:…` or `session:…`. */
  readonly scope: string;
  readonly limitUsd: number;
  readonly settledUsd: number;
  readonly reservedUsd: number;
  readonly leftUsd: number;
}

/** Who asks a gateway: whose costs and budgets they are. */
export interface GatewayCaller {
  readonly owner: string;
  readonly keyId: string;
  readonly sessionId: string | null;
}

/** The budgets that count for a caller today. A budget for sessions is whole where there is no session. */
export async function budgetStates(
  { ledger }: Storage,
  budgets: BudgetLimits,
  { owner, keyId, sessionId }: GatewayCaller,
): Promise<BudgetState[]> {
  const scopes = budgetScopes({ day: utcDay(new Date()), owner, keyId, sessionId });
  return Promise.all(
    Object.entries(budgets).map(async ([name, limitUsd]) => {
      const scope = scopes[name];
      const balance = scope === undefined ? { settledUsd: 0, reservedUsd: 0 } : await ledger.balance(scope);
      const leftUsd = Math.max(0, limitUsd - balance.settledUsd - balance.reservedUsd);
      return { scope: scope ?? name, limitUsd, ...balance, leftUsd };
    }),
  );
}
