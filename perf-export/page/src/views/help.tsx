// What keys do.

import { useEffect, useRef } from "preact/hooks";
import { change } from "../app";
import { KEYS } from "../keys";

export function Help() {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  return (
    <div class="backdrop" onClick={() => change({ isHelp: false })}>
      <div class="help" role="dialog" aria-modal="true" aria-label="Keys" onClick={(event) => event.stopPropagation()}>
        <h2>Keys</h2>
        <dl>
          {KEYS.map(([keys, what]) => (
            <div key={keys}>
              <dt>
                {keys.split(" ").map((key) => (key === "…" ? " … " : <kbd key={key}>{key}</kbd>))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <button ref={close} type="button" class="plain" onClick={() => change({ isHelp: false })}>
          Close
        </button>
      </div>
    </div>
  );
}
