import type { JSX } from "preact";
import { BudgetBar } from "../../charts/budget-bar.tsx";
import { counted } from "../../text/numbers.ts";
import { Icon } from "../../ui/icon.tsx";
import { ErrorBox } from "../../ui/parts.tsx";
import { fieldOf } from "./draft.ts";
import type { Check } from "./use-check.ts";

/** What saving would say, kept beside the form: problems lead to their fields, the budget proof is drawn. */
export function CheckPanel({
  check,
  id,
  isUntouched,
}: {
  readonly check: Check;
  readonly id: string;
  readonly isUntouched: boolean;
}): JSX.Element {
  const { result, error } = check;
  const problems = isUntouched ? [] : (result?.problems ?? []);
  const budget = result?.budget ?? [];
  return (
    <aside class="check-panel" aria-label="Check">
      <section class="card">
        <h2>Check</h2>
        {error !== null && <ErrorBox error={error} />}
        <p role="status" class={problems.length > 0 ? "check-sum bad-text" : "check-sum"}>
          {isUntouched ? (
            "What you type is checked here, as saving would."
          ) : result === null ? (
            "Checking …"
          ) : problems.length === 0 ? (
            <>
              <Icon name="ok" /> It can be saved.
            </>
          ) : (
            <>
              <Icon name="warn" /> {counted(problems.length, "problem")} to solve
            </>
          )}
        </p>
        <ul class="plain-list problems">
          {problems.map((problem) => {
            const field = fieldOf(problem);
            const missing = /^needs (\w+)/.exec(problem.message)?.[1];
            const target = field === "" ? (missing ?? "") : field;
            return (
              <li key={`${target} ${problem.message}`}>
                {target === "" ? (
                  problem.message
                ) : (
                  <button type="button" class="link" onClick={() => focusField(target)}>
                    <code>{target}</code> {problem.message}
                  </button>
                )}
                {problem.hint !== null && <small class="quiet"> {problem.hint}</small>}
              </li>
            );
          })}
        </ul>
        {(result?.warnings ?? []).map((warning) => (
          <p key={warning} class="note warn">
            {warning}
          </p>
        ))}
      </section>
      {budget.length > 0 && (
        <section class="card">
          <h2>Time budget</h2>
          <p class="hint">
            At worst, if every handler of the event takes all of its time, against what the bridge may take (the line).
          </p>
          {budget.map((row) => (
            <BudgetBar key={row.event} row={row} own={id} />
          ))}
        </section>
      )}
    </aside>
  );
}

function focusField(path: string): void {
  const names = path.split(/[.[]/);
  for (let length = names.length; length > 0; length--) {
    const found = document.getElementById(`f-${names.slice(0, length).join(".")}`);
    if (found !== null) {
      found.closest("details")?.setAttribute("open", "");
      found.focus();
      found.scrollIntoView({ block: "center" });
      return;
    }
  }
}
